import { AppError } from '../errors.ts'
import type { JobRecord } from './record.ts'

const RETRY_AFTER_S = 30
const RESTORE_SLOTS = 2 // kept free of anything else, so that long backups never block a recovery
const SHORT_SLOTS = 16

export interface SchedulerOptions {
  /** Long jobs at once. */
  readonly slots: number
  /** Jobs that may wait. */
  readonly queue: number
}

/** Decides which job may run when: lanes a server, slots a kind, first come first served. Knows no disk and no process. */
export class Scheduler {
  readonly #slots: number
  readonly #limit: number
  readonly #running = new Map<string, JobRecord>()
  readonly #ready = new Set<string>()
  #waiting: JobRecord[] = []

  constructor ({ slots, queue }: SchedulerOptions) {
    this.#slots = slots
    this.#limit = queue
  }

  /** Gives a job its place, before it is on disk; or throws `server-busy` with the ticket in its way (unless it may wait) or `too-busy`. */
  admit (record: JobRecord, mayWait: boolean): void {
    const obstacle = mayWait ? undefined : this.#others(record).find(({ holds }) => overlap(holds, record.excludes))
    if (obstacle) {
      throw new AppError('server-busy', `${obstacle.command} runs on ${obstacle.servers.join(', ')} already`, { extra: { ticket: obstacle.ticket } })
    }
    if (this.#waiting.length >= this.#limit && !this.#fits(record)) {
      throw new AppError('too-busy', `${this.#waiting.length} jobs wait already`, { retryAfterS: RETRY_AFTER_S })
    }
    this.#waiting.push(record)
  }

  /** The job is on disk, with all it needs: it may start. */
  ready (ticket: string): void {
    this.#ready.add(ticket)
  }

  /** A job that runs already, as found after a restart. */
  resume (record: JobRecord): void {
    this.#running.set(record.ticket, record)
  }

  /** The next job that may start now; it counts as running from here on. */
  next (): JobRecord | undefined {
    const index = this.#waiting.findIndex((record, place) => this.#ready.has(record.ticket) && this.#fits(record, this.#waiting.slice(0, place)))
    const [record] = index < 0 ? [] : this.#waiting.splice(index, 1)
    if (record) this.#running.set(record.ticket, record)
    return record
  }

  /** Forgets a job that ended or never came to run. */
  end (ticket: string): void {
    this.#running.delete(ticket)
    this.#ready.delete(ticket)
    this.#waiting = this.#waiting.filter((record) => record.ticket !== ticket)
  }

  #others (record: JobRecord): JobRecord[] {
    return [...this.#running.values(), ...this.#waiting].filter(({ ticket }) => ticket !== record.ticket)
  }

  /** Lanes free, of those before it in the queue too, and a slot left. */
  #fits (record: JobRecord, before: readonly JobRecord[] = this.#waiting): boolean {
    const blocked = [...record.excludes, ...record.waitsFor]
    if ([...this.#running.values(), ...before].some(({ holds }) => overlap(holds, blocked))) return false
    const taken = (slot: JobRecord['slot']) => [...this.#running.values()].filter((other) => other.slot === slot).length
    switch (record.slot) {
      case 'none': return true
      case 'short': return taken('short') < SHORT_SLOTS
      case 'long': return taken('long') < this.#slots
      case 'restore': return taken('restore') < Math.max(this.#slots - taken('long'), 0) + RESTORE_SLOTS
    }
  }
}

function overlap (some: readonly string[], others: readonly string[]): boolean {
  return some.some((lane) => others.includes(lane))
}
