import { EventEmitter, once } from 'node:events'
import type { Readable } from 'node:stream'
import type { BaseLogger } from 'pino'
import { AppError } from '../errors.ts'
import type { Runner } from '../runner/runner.ts'
import { deriveBatch } from './batch.ts'
import { isFinal, type JobRecord } from './record.ts'
import { Scheduler, type SchedulerOptions } from './scheduler.ts'
import type { ExitRecord, JobStore, Output } from './store.ts'
import { isTicket } from './ticket.ts'

const POLL_MS = 500 // of jobs that an earlier process of ours started
const INT_GRACE_MS = 10_000 // SIGINT to SIGTERM: barman ends pg_basebackup and records the failure in under 1 s
const TERM_GRACE_MS = 10_000 // SIGTERM to SIGKILL
const JUDGED_BYTES = 1024 * 1024

/** What is true of a job that ended. */
export type Verdict = Pick<JobRecord, 'state' | 'reason' | 'result' | 'errors' | 'warnings'>

export interface RegistryOptions extends SchedulerOptions {
  readonly store: JobStore
  readonly runnerOf: (host: string) => Runner
  /** Reads what a process that recorded its exit code left behind. May ask Barman; never throws. */
  readonly judge: (record: JobRecord, exit: ExitRecord, output: Output) => Promise<Verdict>
  readonly log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
}

/** Every job there is: takes them in, runs them detached, and tells what became of them, across restarts. */
export class JobRegistry {
  readonly #store: JobStore
  readonly #options: RegistryOptions
  readonly #scheduler: Scheduler
  readonly #live = new Map<string, JobRecord>()
  readonly #ends = new EventEmitter({ captureRejections: true }).setMaxListeners(0)
  readonly #timers = new Set<NodeJS.Timeout>()
  #closed = false

  constructor (options: RegistryOptions) {
    this.#store = options.store
    this.#options = options
    this.#scheduler = new Scheduler(options)
  }

  /** Finds the jobs of earlier processes again: re-attaches to what lives, settles what ended, queues what waited. */
  static async open (options: RegistryOptions): Promise<JobRegistry> {
    const registry = new JobRegistry(options)
    for (const month of (await options.store.months()).toReversed()) {
      for (const ticket of (await options.store.tickets(month)).toReversed()) await registry.#recover(ticket)
    }
    registry.#pump()
    return registry
  }

  /** Takes a job in: once this resolves it is on disk. Throws `server-busy` or `too-busy`, or fails as the input does. */
  async submit (record: JobRecord, { mayWait = false, input }: { mayWait?: boolean, input?: Readable } = {}): Promise<JobRecord> {
    if (this.#closed) throw new AppError('shutting-down', 'The service is stopping', { retryAfterS: 5 })
    if (record.kind === 'command') this.#scheduler.admit(record, mayWait)
    try {
      await this.#store.create(record)
      if (input) await this.#store.saveInput(record.ticket, input)
    } catch (error) {
      this.#scheduler.end(record.ticket)
      if (input) await this.#forget(record)
      throw error
    }
    this.#live.set(record.ticket, record)
    this.#scheduler.ready(record.ticket)
    this.#pump()
    return record
  }

  /** Takes in a batch and its jobs, all or none: throws before anything is on disk when one of them cannot come in. */
  async submitBatch (head: JobRecord, jobs: readonly JobRecord[], mayWait = false): Promise<JobRecord> {
    const admitted: JobRecord[] = []
    try {
      for (const job of jobs) {
        this.#scheduler.admit(job, mayWait)
        admitted.push(job)
      }
      for (const record of [...jobs, head]) await this.#store.create(record)
    } catch (error) {
      for (const { ticket } of admitted) this.#scheduler.end(ticket)
      throw error
    }
    for (const record of [head, ...jobs]) this.#live.set(record.ticket, record)
    for (const { ticket } of jobs) this.#scheduler.ready(ticket)
    if (jobs.length === 0) await this.#endBatch(head.ticket)
    this.#pump()
    return head
  }

  /** The job as it stands now, or throws `job-not-found`. */
  async get (ticket: string): Promise<JobRecord> {
    const record = this.#live.get(ticket) ?? (isTicket(ticket) ? await this.#store.get(ticket) : undefined)
    if (!record) throw new AppError('job-not-found', 'There is no such job')
    return record
  }

  /** Newest first, of one month (`YYYYMM`), older than `before`; reads only as many as are taken. */
  async * list (month: string, before = '~'): AsyncGenerator<JobRecord> {
    for (const ticket of await this.#store.tickets(month)) {
      if (ticket >= before) continue
      const record = this.#live.get(ticket) ?? await this.#store.get(ticket)
      if (record) yield record
    }
  }

  output (ticket: string, maxBytes: number): Promise<Output> {
    return this.#store.output(ticket, maxBytes)
  }

  /** The job once it has ended, or as it stands after `ms`. */
  async wait (ticket: string, ms: number): Promise<JobRecord> {
    const record = await this.get(ticket)
    if (isFinal(record.state) || ms <= 0) return record
    const ended = once(this.#ends, ticket, { signal: AbortSignal.timeout(ms) }).catch(() => {}) // rejects on time-out only
    if (this.#live.has(ticket)) await ended
    return this.get(ticket)
  }

  /** Ends the job: SIGINT, SIGTERM, then SIGKILL to its whole group, each after a grace time. Throws `job-not-found` or `job-not-running`. */
  async stop (ticket: string, intent: 'canceled' | 'timed_out'): Promise<JobRecord> {
    const record = await this.get(ticket)
    if (isFinal(record.state)) throw new AppError('job-not-running', `The job has ended: ${record.state}`)
    if (record.kind === 'batch') {
      await Promise.all((record.jobs ?? []).map((job) => this.stop(job, intent).catch(() => {}))) // ended meanwhile
    } else if (record.state === 'queued') {
      await this.#end(record, { state: intent, reason: null, result: null, errors: [], warnings: [] }, null)
    } else if (!record.intent) {
      record.intent = intent
      await this.#store.save(record)
      this.#signal(record)
    }
    return this.get(ticket)
  }

  /** Stops watching. Jobs run on; the next `open` finds them. */
  close (): void {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  /** A job whose input broke off never ran, and its caller never had the ticket. */
  async #forget (record: JobRecord): Promise<void> {
    await this.#store.save(ended(record, 'failed', 'incomplete-input')).catch(() => {}) // it was not created
    await this.#store.dropInput(record.ticket)
  }

  async #recover (ticket: string): Promise<void> {
    const record = await this.#store.get(ticket)
    if (!record || isFinal(record.state)) return
    this.#live.set(ticket, record)
    if (record.kind === 'batch') return
    if (record.state === 'queued' && !await this.#store.exit(ticket) && !await this.#isAlive(record)) {
      this.#scheduler.admit(record, true)
      this.#scheduler.ready(ticket)
      return
    }
    this.#scheduler.resume(record)
    this.#watch(record)
    if (record.intent) this.#signal(record)
  }

  #pump (): void {
    for (let record = this.#scheduler.next(); record && !this.#closed; record = this.#scheduler.next()) {
      this.#start(record).catch((err: unknown) => this.#options.log.error({ err, ticket: record.ticket }, 'job could not be started'))
    }
  }

  async #start (record: JobRecord): Promise<void> {
    record.state = 'running'
    record.startedAt = new Date().toISOString()
    try {
      await this.#store.save(record)
      const { ended } = await this.#options.runnerOf(record.host).start({ folder: this.#store.folder(record.ticket), argv: record.argv })
      this.#options.log.info({ ticket: record.ticket, command: record.command, servers: record.servers, requestId: record.requestId }, 'job started')
      this.#watch(record, ended)
    } catch (error) {
      this.#options.log.error({ err: error, ticket: record.ticket }, 'job could not be started')
      await this.#end(record, { state: 'failed', reason: 'not-started', result: null, errors: ['The process could not be started'], warnings: [] }, null)
    }
  }

  /** Settles the job once its process is gone. */
  #watch (record: JobRecord, ended?: Promise<void>): void {
    const limit = this.#limit(record)
    const check = async (): Promise<void> => {
      if (this.#closed) return
      if (!await this.#store.exit(record.ticket) && await this.#isAlive(record)) {
        this.#later(POLL_MS, run)
      } else {
        clearTimeout(limit)
        await this.#settle(record)
      }
    }
    const run = (): void => {
      check().catch((err: unknown) => {
        this.#options.log.error({ err, ticket: record.ticket }, 'job could not be looked at')
        this.#later(POLL_MS, run)
      })
    }
    if (ended) ended.then(run)
    else run()
  }

  /** Ends the job when its time is up. */
  #limit ({ ticket, startedAt, createdAt, timeoutS }: JobRecord): NodeJS.Timeout | undefined {
    if (timeoutS === null) return undefined
    return this.#later(Date.parse(startedAt ?? createdAt) + timeoutS * 1000 - Date.now(), () => {
      this.stop(ticket, 'timed_out').catch(() => {}) // it has ended meanwhile
    })
  }

  async #settle (record: JobRecord): Promise<void> {
    const { ticket, intent } = record
    const exit = await this.#store.exit(ticket) // once more: it may have been written between the last look and the end of the process
    const output = await this.#store.output(ticket, JUDGED_BYTES)
    const nothing = { result: null, errors: [], warnings: [] }
    const verdict: Verdict = exit
      ? await this.#options.judge(record, exit, output)
      : { state: intent ?? 'unknown', reason: intent ? null : 'no-exit-record', ...nothing }
    const meant = exit && intent && verdict.state === 'failed' ? { ...verdict, state: intent } : verdict
    await this.#end(record, meant, exit?.exitCode ?? null)
  }

  async #end (record: JobRecord, verdict: Verdict, exitCode: number | null): Promise<void> {
    const final = { ...record, ...verdict, exitCode, finishedAt: new Date().toISOString() }
    await this.#store.save(final)
    await this.#store.dropInput(record.ticket)
    this.#live.delete(record.ticket)
    this.#scheduler.end(record.ticket)
    const { ticket, requestId, command, state, reason } = final
    this.#options.log.info({ ticket, requestId, command, state, reason, exitCode }, 'job finished')
    this.#ends.emit(ticket)
    if (record.batch) await this.#endBatch(record.batch)
    this.#pump()
  }

  /** A batch ends with the last of its jobs. */
  async #endBatch (ticket: string): Promise<void> {
    const batch = this.#live.get(ticket)
    if (!batch) return
    const jobs = await Promise.all((batch.jobs ?? []).map((job) => this.get(job)))
    Object.assign(batch, deriveBatch(jobs))
    if (!isFinal(batch.state)) return
    await this.#store.save(batch)
    this.#live.delete(ticket)
    this.#ends.emit(ticket)
  }

  #signal (record: JobRecord): void {
    this.#escalate(record).catch((err: unknown) => this.#options.log.error({ err, ticket: record.ticket }, 'job could not be signaled'))
  }

  async #escalate (record: JobRecord): Promise<void> {
    const folder = this.#store.folder(record.ticket)
    const runner = this.#options.runnerOf(record.host)
    await runner.kill(folder, 'SIGINT')
    if (isFinal((await this.wait(record.ticket, INT_GRACE_MS)).state)) return
    await runner.kill(folder, 'SIGTERM')
    if (isFinal((await this.wait(record.ticket, TERM_GRACE_MS)).state)) return
    await runner.kill(folder, 'SIGKILL')
  }

  #isAlive (record: JobRecord): Promise<boolean> {
    return this.#options.runnerOf(record.host).isAlive(this.#store.folder(record.ticket))
  }

  #later (ms: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => { this.#timers.delete(timer); action() }, Math.min(Math.max(ms, 0), 2 ** 31 - 1))
    this.#timers.add(timer)
    return timer
  }
}

function ended (record: JobRecord, state: JobRecord['state'], reason: string): JobRecord {
  return { ...record, state, reason, finishedAt: new Date().toISOString() }
}
