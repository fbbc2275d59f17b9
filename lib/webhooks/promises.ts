import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isTicket } from '../jobs/ticket.ts'

/**
 * The jobs whose end is still to be told: an empty file each, made while the job waits and taken away when every receiver's delivery is on
 * disk. A kill between a job's end and its deliveries thus loses nothing: the next start finds the file. Synchronous, because a job may not
 * begin before the promise stands.
 */
export class Promises {
  readonly #folder: string
  readonly #known: Set<string>

  constructor (folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#folder = folder
    this.#known = new Set(readdirSync(folder).filter(isTicket))
  }

  get tickets (): readonly string[] {
    return [...this.#known]
  }

  add (ticket: string): void {
    if (this.#known.has(ticket)) return
    closeSync(openSync(join(this.#folder, ticket), 'a', 0o600))
    const folder = openSync(this.#folder, 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
    this.#known.add(ticket)
  }

  keep (ticket: string): void {
    rmSync(join(this.#folder, ticket), { force: true })
    this.#known.delete(ticket)
  }
}
