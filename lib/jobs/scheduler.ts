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
  readonly #limits: SchedulerOptions
  readonly #running = new Map<string, JobRecord>()
  readonly #ready = new Set<string>()
  #waiting: JobRecord[] = []

  constructor (limits: SchedulerOptions) {
    this.#limits = limits // read anew at each decision, for they may change
  }

  /** Gives a job its place, before it is on disk; or throws `server-busy` with the ticket in its way (unless it may wait) or `too-busy`. */
  admit (record: JobRecord, mayWait: boolean): void {
    const obstacle = mayWait ? undefined : this.#others(record).find(({ holds }) => overlap(holds, record.excludes))
    if (obstacle) {
      throw new AppError('server-busy', `${obstacle.command} runs on ${obstacle.servers.join(', ')} already`, { extra: { ticket: obstacle.ticket } })
    }
    this.#waiting.push(record)
    const startable = this.#startable()
    if (startable.includes(record) || this.#waiting.length - startable.length <= this.#limits.queue) return
    this.#waiting.pop()
    throw new AppError('too-busy', `${this.#limits.queue} jobs wait already`, { retryAfterS: RETRY_AFTER_S })
  }

  /** The job is on disk, with all it needs: it may start. */
  ready (ticket: string): void {
    this.#ready.add(ticket)
  }

  /** A job that waited already, as found after a restart: it has its place whatever the limits are now. */
  requeue (record: JobRecord): void {
    this.#waiting.push(record)
    this.#ready.add(record.ticket)
  }

  /** Keeps a job from starting, in its place, until it is `ready` again. */
  hold (ticket: string): void {
    this.#ready.delete(ticket)
  }

  /** A job that runs already, as found after a restart. */
  resume (record: JobRecord): void {
    this.#running.set(record.ticket, record)
  }

  /** The next job that may start now; it counts as running from here on. */
  next (): JobRecord | undefined {
    const record = this.#startable().find(({ ticket }) => this.#ready.has(ticket))
    if (!record) return undefined
    this.#waiting = this.#waiting.filter((other) => other !== record)
    this.#running.set(record.ticket, record)
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

  /** Those of the waiting that may run now: each has its lanes free, of those before it in the queue too, and a slot left by those. */
  #startable (): JobRecord[] {
    const running = [...this.#running.values()]
    const held = new Set(running.flatMap(({ holds }) => holds))
    const taken: Record<JobRecord['slot'], number> = { long: 0, restore: 0, short: 0, none: 0 }
    for (const { slot } of running) taken[slot]++
    return this.#waiting.filter((record) => {
      const isFree = ![...record.excludes, ...record.waitsFor].some((lane) => held.has(lane)) && this.#hasSlot(record.slot, taken)
      for (const lane of record.holds) held.add(lane)
      if (isFree) taken[record.slot]++
      return isFree
    })
  }

  /** Restores may use every slot, and two that nothing else may. */
  #hasSlot (slot: JobRecord['slot'], { long, restore, short }: Readonly<Record<JobRecord['slot'], number>>): boolean {
    const isLeft = long + restore < this.#limits.slots + RESTORE_SLOTS
    switch (slot) {
      case 'none': return true
      case 'short': return short < SHORT_SLOTS
      case 'long': return isLeft && long < this.#limits.slots
      case 'restore': return isLeft
    }
  }
}

function overlap (some: readonly string[], others: readonly string[]): boolean {
  return some.some((lane) => others.includes(lane))
}
