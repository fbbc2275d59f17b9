import { statfs } from 'node:fs/promises'
import { AppError } from '../errors.ts'

const FRESH_MS = 1_000

/** Free room that new jobs have to leave on the disk of a folder: what runs needs it for its output and its end. */
export class DiskFloor {
  readonly #folder: string
  readonly #minFreeBytes: number
  #asked: { readonly at: number, readonly freeBytes: Promise<number> } | undefined

  /** With a floor of 0 there is always room. */
  constructor (folder: string, minFreeBytes: number) {
    this.#folder = folder
    this.#minFreeBytes = minFreeBytes
  }

  /** Throws `insufficient-storage` where less is free, as seen a second ago at most. */
  async check (): Promise<void> {
    if (this.#minFreeBytes === 0 || await this.#freeBytes() >= this.#minFreeBytes) return
    throw new AppError('insufficient-storage', `Less than ${this.#minFreeBytes} bytes are free in the store: no new job is taken`)
  }

  #freeBytes (): Promise<number> {
    if (!this.#asked || Date.now() - this.#asked.at > FRESH_MS) {
      this.#asked = { at: Date.now(), freeBytes: statfs(this.#folder).then(({ bavail, bsize }) => bavail * bsize) }
    }
    return this.#asked.freeBytes
  }
}
