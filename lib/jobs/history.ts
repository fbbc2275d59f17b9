import type { Readable } from 'node:stream'
import type { Static } from '@sinclair/typebox'
import type { HistoryPage, HistoryQuery } from '../../schemas/history.ts'
import type { JobOutput, OutputQuery } from '../../schemas/history.ts'
import type { Job, JobSummary } from '../../schemas/job.ts'
import { AppError } from '../errors.ts'
import type { User } from '../users/user.ts'
import { PAGE_BYTES } from './pages.ts'
import type { ProgressOf } from './progress/sampler.ts'
import { isFinal, type JobRecord } from './record.ts'
import type { JobRegistry } from './registry.ts'
import { isVisible } from './rights.ts'
import { monthOf, newTicket } from './ticket.ts'
import { jobOf, summaryOf } from './view.ts'
import { BEGINNING, isEnd, parsePosition } from './watch/position.ts'
import { Watches } from './watch/watches.ts'

const OUTPUT_BYTES = 64 * 1024 // of each stream, in a job's own document
const PAGE = 50

/** Jobs as users see them: only those whose command they may call on whose servers. */
export class History {
  readonly #registry: JobRegistry
  readonly #progressOf: ProgressOf
  readonly #watches: Watches

  constructor (registry: JobRegistry, progressOf: ProgressOf = async () => null, watches = new Watches({ registry, progressOf })) {
    this.#registry = registry
    this.#progressOf = progressOf
    this.#watches = watches
  }

  /** One page, newest first. */
  async page (user: User, { past, limit = PAGE, cursor, ...filter }: HistoryQuery): Promise<Static<typeof HistoryPage>> {
    const month = past ?? monthOf(newTicket())
    const jobs: JobRecord[] = []
    for await (const record of this.#registry.list(month, cursor)) {
      if (!matches(record, filter) || !isVisible(user, record)) continue
      if (jobs.length === limit) return { month, jobs: await this.#summaries(jobs), nextCursor: jobs.at(-1)?.ticket ?? null }
      jobs.push(record)
    }
    return { month, jobs: await this.#summaries(jobs), nextCursor: null }
  }

  #summaries (jobs: readonly JobRecord[]): Promise<JobSummary[]> {
    return Promise.all(jobs.map(async (record) => summaryOf(record, await this.#progressOf(record))))
  }

  /** One job, once it has ended or `waitMs` are over; or throws `job-not-found`: also where it is not the user's to see. */
  async job (user: User, ticket: string, waitMs = 0): Promise<Job> {
    const record = await this.#visible(user, ticket)
    return this.show(waitMs > 0 ? await this.#registry.wait(ticket, waitMs) : record)
  }

  /** What a job printed so far, from a byte on or the last lines; or throws `job-not-found`. */
  async output (user: User, ticket: string, { stream = 'stdout', offset = 0, limit = PAGE_BYTES, tail }: OutputQuery): Promise<JobOutput> {
    const { state } = await this.#visible(user, ticket)
    const page = tail === undefined
      ? { offset, ...await this.#registry.page(ticket, stream, offset, limit) }
      : await this.#registry.tail(ticket, stream, tail, limit)
    const nextOffset = page.offset + page.length
    return { ticket, state, stream, offset: page.offset, nextOffset, size: page.size, isComplete: isFinal(state) && nextOffset >= page.size, text: page.text }
  }

  /** A job's events, behind the one with that id; null where that was its end. Throws `job-not-found`, `too-busy`, `shutting-down`. */
  async events (user: User, ticket: string, id?: string): Promise<Readable | null> {
    const from = id === undefined ? BEGINNING : parsePosition(id)
    const { state } = await this.#visible(user, ticket)
    return isEnd(from) && isFinal(state) ? null : this.#watches.open(ticket, from)
  }

  /** Lets nobody watch any longer. */
  close (): Promise<void> {
    return this.#watches.close()
  }

  async show (record: JobRecord): Promise<Job> {
    const output = record.kind === 'batch' ? { stdout: '', stderr: '', truncated: false } : await this.#registry.output(record.ticket, OUTPUT_BYTES)
    return jobOf(record, output, await this.#progressOf(record))
  }

  /** Stops a job, or throws `job-not-found` or `job-not-running`. */
  async cancel (user: User, ticket: string): Promise<Job> {
    await this.#visible(user, ticket)
    return this.show(await this.#registry.stop(ticket, 'canceled'))
  }

  async #visible (user: User, ticket: string): Promise<JobRecord> {
    const record = await this.#registry.get(ticket)
    if (!isVisible(user, record)) throw new AppError('job-not-found', 'There is no such job')
    return record
  }
}

function matches (record: JobRecord, { state, command, server, user }: Pick<HistoryQuery, 'state' | 'command' | 'server' | 'user'>): boolean {
  return (state === undefined || record.state === state) &&
    (command === undefined || record.command === command || record.names.includes(command)) &&
    (server === undefined || record.servers.includes(server)) &&
    (user === undefined || record.user === user)
}
