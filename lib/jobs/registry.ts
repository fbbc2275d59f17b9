import { EventEmitter, once } from 'node:events'
import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import type { Decision } from '../users/access.ts'
import { Slots } from '../users/slots.ts'
import { deriveBatch, LOST } from './batch.ts'
import { Chores } from './chores.ts'
import { isFinal, type JobRecord } from './record.ts'
import { Scheduler, type SchedulerOptions } from './scheduler.ts'
import { cutPage, MARGIN_BYTES, type Page, startOfTail } from './pages.ts'
import type { ExitRecord, JobStore, Output, Stream } from './store.ts'
import { Supervisor, type SupervisorOptions } from './supervisor.ts'
import { isTicket } from './ticket.ts'
import { endOf, silent, type Verdict } from './verdict.ts'

const STALE_MS = 24 * 3_600_000 // what waited longer than this is not wanted any more after a restart

export interface RegistryOptions extends SchedulerOptions, SupervisorOptions {
  /** Asked of each job that waited, after a restart. */
  readonly mayRun?: (record: JobRecord) => Decision
  /** Asked before a job comes in; throws what keeps it out. */
  readonly checkRoom?: () => Promise<void>
  /** As `onChange` takes it, and there from the first: what ends while jobs are found again is told too. */
  readonly onChange?: (record: JobRecord) => void
}

/** Every job there is: takes them in, runs them detached, and tells what became of them, across restarts. */
export class JobRegistry {
  readonly #store: JobStore
  readonly #log: RegistryOptions['log']
  readonly #options: Pick<RegistryOptions, 'mayRun' | 'checkRoom'>
  readonly #scheduler: Scheduler
  readonly #chores: Chores
  readonly #supervisor: Supervisor
  readonly #live = new Map<string, JobRecord>()
  readonly #ends = new EventEmitter().setMaxListeners(0)
  readonly #changes = new EventEmitter<{ change: [JobRecord] }>().setMaxListeners(0)
  readonly #turns = new WeakMap<JobRecord, Slots>()
  readonly #starts = new Set<Promise<void>>()

  constructor (options: RegistryOptions) {
    this.#store = options.store
    this.#log = options.log
    this.#options = options
    this.#scheduler = new Scheduler(options)
    this.#chores = new Chores(options.log)
    if (options.onChange) this.onChange(options.onChange)
    this.#supervisor = new Supervisor(options, this.#chores, {
      onEnd: (record, verdict, exit) => this.#turn(record, () => this.#end(record, verdict, exit)),
      onTimeout: async ({ ticket }) => { await this.stop(ticket, 'timed_out').catch(unlessEnded) }
    })
  }

  /** Finds the jobs of earlier processes again: re-attaches to what lives, settles what ended, queues what waited. */
  static async open (options: RegistryOptions): Promise<JobRegistry> {
    const registry = new JobRegistry(options)
    for (const month of (await options.store.months()).toReversed()) {
      for (const ticket of (await options.store.tickets(month)).toReversed()) await registry.#recover(ticket)
    }
    for (const { kind, ticket } of registry.#live.values()) if (kind === 'batch') registry.#refresh(ticket)
    registry.#pump()
    return registry
  }

  /** Takes a job in: once this resolves it is on disk. Throws `server-busy`, `too-busy` or what `checkRoom` throws, or fails as the input does. */
  async submit (record: JobRecord, { mayWait = false, input }: { mayWait?: boolean, input?: Readable } = {}): Promise<JobRecord> {
    if (this.#options.checkRoom) await this.#options.checkRoom()
    if (this.#chores.isClosed) throw new AppError('shutting-down', 'The service is stopping', { retryAfterS: 5 })
    if (record.kind === 'command') this.#scheduler.admit(record, mayWait)
    try {
      await this.#store.create(record, input)
    } catch (error) {
      await this.#giveUp(record, input ? 'incomplete-input' : 'not-recorded')
      throw error
    }
    this.#live.set(record.ticket, record)
    this.#changes.emit('change', record)
    this.#scheduler.ready(record.ticket)
    this.#pump()
    return record
  }

  /** Takes in a batch and its jobs, all or none: throws before anything is on disk when one of them cannot come in. */
  async submitBatch (head: JobRecord, jobs: readonly JobRecord[], mayWait = false): Promise<JobRecord> {
    if (this.#options.checkRoom) await this.#options.checkRoom()
    const admitted: JobRecord[] = []
    try {
      for (const job of jobs) {
        this.#scheduler.admit(job, mayWait)
        admitted.push(job)
      }
      for (const record of [...jobs, head]) await this.#store.create(record)
    } catch (error) {
      for (const job of admitted) await this.#giveUp(job, 'incomplete-batch')
      throw error
    }
    for (const record of [head, ...jobs]) this.#live.set(record.ticket, record)
    for (const record of [head, ...jobs]) this.#changes.emit('change', record)
    for (const { ticket } of jobs) this.#scheduler.ready(ticket)
    if (jobs.length === 0) this.#refresh(head.ticket)
    this.#pump()
    return head
  }

  /** The jobs that have not ended. */
  get live (): readonly JobRecord[] {
    return [...this.#live.values()]
  }

  /** The job as it stands now, or throws `job-not-found`. */
  async get (ticket: string): Promise<JobRecord> {
    const record = this.#live.get(ticket) ?? (isTicket(ticket) ? await this.#store.get(ticket) : undefined)
    if (!record) throw new AppError('job-not-found', 'There is no such job')
    return record
  }

  /** The job that was made with this key, where there is one. */
  async byKey (key: string): Promise<JobRecord | undefined> {
    const ticket = await this.#store.byKey(key)
    return ticket === undefined ? undefined : this.#live.get(ticket) ?? this.#store.get(ticket)
  }

  /** Newest first, of one month (`YYYYMM`), older than `before`; reads only as many as are taken. */
  async * list (month: string, before = '~'): AsyncGenerator<JobRecord> {
    for (const ticket of await this.#store.tickets(month)) {
      if (ticket >= before) continue
      const record = this.#live.get(ticket) ?? await this.#store.get(ticket)
      if (record) yield record
    }
  }

  /** A page of what a job printed so far, from a byte of the stream on; or throws `job-not-found`. */
  async page (ticket: string, stream: Stream, offset: number, limit: number): Promise<Page & { readonly size: number }> {
    const { state } = await this.get(ticket)
    const first = Math.max(0, offset - MARGIN_BYTES)
    const from = offset - first
    const { bytes, size } = await this.#store.slice(ticket, stream, first, from + limit + MARGIN_BYTES)
    const isEnd = isFinal(state) && first + bytes.length >= size
    return { ...cutPage({ bytes, from: Math.min(from, bytes.length), to: from + limit, isEnd }), size }
  }

  /** Bytes of a stream so far. */
  async size (ticket: string, stream: Stream): Promise<number> {
    return (await this.#store.slice(ticket, stream, 0, 0)).size
  }

  /** The same of the last lines, as many bytes of them as `limit` lets through; with the byte at which it begins. */
  async tail (ticket: string, stream: Stream, lines: number, limit: number): Promise<Page & { readonly size: number, readonly offset: number }> {
    const { state } = await this.get(ticket)
    const from = Math.max(0, await this.size(ticket, stream) - limit)
    const { bytes } = await this.#store.slice(ticket, stream, from, limit)
    const whole = isFinal(state) ? bytes : bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1) // the line that is being written is none yet
    const offset = from + startOfTail(whole, lines, from === 0)
    return { ...await this.page(ticket, stream, offset, limit), offset }
  }

  /** Calls `listener` with each job as it comes in, starts, is being stopped and has ended; returns what calls that off. It must not throw. */
  onChange (listener: (record: JobRecord) => void): () => void {
    this.#changes.on('change', listener)
    return () => this.#changes.off('change', listener)
  }

  output (ticket: string, maxBytes: number): Promise<Output> {
    return this.#store.output(ticket, maxBytes)
  }

  /** The job once it has ended, or as it stands after `ms`. */
  async wait (ticket: string, ms: number): Promise<JobRecord> {
    const record = await this.get(ticket)
    if (isFinal(record.state) || ms <= 0 || this.#chores.isClosed) return record
    const ended = once(this.#ends, ticket, { signal: AbortSignal.timeout(ms) }).catch(() => {}) // rejects on time-out only
    if (this.#live.has(ticket)) await ended
    return this.get(ticket)
  }

  /** Ends the job: SIGINT, SIGTERM, then SIGKILL to its whole group, each after a grace time. Throws `job-not-found` or `job-not-running`. */
  async stop (ticket: string, intent: 'canceled' | 'timed_out'): Promise<JobRecord> {
    const record = await this.get(ticket)
    if (record.kind === 'command') return this.#turn(record, () => this.#stopOne(ticket, intent))
    refuseEnded(record)
    await Promise.all((record.jobs ?? []).map((job) => this.stop(job, intent).catch(unlessEnded)))
    return this.get(ticket)
  }

  /** Stops watching, and lets nobody wait longer; resolves once what was about to start has. Jobs run on; the next `open` finds them. */
  async close (): Promise<void> {
    this.#chores.close()
    for (const name of this.#ends.eventNames()) if (name !== 'error') this.#ends.emit(name)
    await Promise.all(this.#starts)
  }

  async #stopOne (ticket: string, intent: 'canceled' | 'timed_out'): Promise<JobRecord> {
    const record = await this.get(ticket)
    refuseEnded(record)
    if (record.state === 'queued') {
      await this.#endQueued(record, intent, null)
    } else if (!record.intent) {
      await this.#store.save({ ...record, intent })
      record.intent = intent
      this.#changes.emit('change', record)
      this.#signal(record)
    }
    return this.get(ticket)
  }

  #signal (record: JobRecord): void {
    this.#supervisor.end(record, async (ms) => isFinal((await this.wait(record.ticket, ms)).state))
  }

  async #recover (ticket: string): Promise<void> {
    const record = await this.#store.get(ticket)
    if (!record) return this.#log.warn({ ticket, folder: this.#store.folder(ticket) }, 'folder left aside: it holds no job that can be read')
    if (isFinal(record.state)) return
    this.#live.set(ticket, record)
    if (record.kind === 'batch') return
    if (record.state === 'queued') return this.#requeue(record)
    this.#scheduler.resume(record)
    this.#supervisor.watch(record)
    if (record.intent) this.#signal(record)
  }

  /** A batch comes to disk after its jobs: without it nobody ever had their tickets. */
  async #requeue (record: JobRecord): Promise<void> {
    const isWhole = !record.batch || await this.#store.get(record.batch)
    const isStale = Date.now() - Date.parse(record.createdAt) > STALE_MS
    const reason = isStale ? 'stale' : !isWhole ? 'incomplete-batch' : this.#mayRun(record) ? null : 'not-allowed'
    if (reason === null) this.#scheduler.requeue(record)
    else this.#chores.persist(record.ticket, () => this.#endQueued(record, 'canceled', reason))
  }

  #mayRun (record: JobRecord): boolean {
    const decision = this.#options.mayRun?.(record)
    if (!decision || decision.allowed) return true
    const { ticket, requestId, user, command, servers } = record
    this.#log.warn({ ticket, requestId, user, command, servers, because: decision.because }, 'queued job refused: its user may not run it any more')
    return false
  }

  #pump (): void {
    for (let record = this.#next(); record; record = this.#next()) this.#start(record)
  }

  #next (): JobRecord | undefined {
    return this.#chores.isClosed ? undefined : this.#scheduler.next()
  }

  /** A job that could not be taken in: nobody has its ticket, so what there is of it stands in the history only. */
  async #giveUp (record: JobRecord, reason: string): Promise<void> {
    await this.#store.save({ ...record, ...silent('failed', reason), idempotencyKey: null, finishedAt: endOf(null) }).catch(() => {}) // nothing of it came to disk
    this.#scheduler.end(record.ticket)
    this.#pump()
  }

  #start (record: JobRecord): void {
    record.state = 'running'
    record.startedAt = new Date().toISOString()
    this.#changes.emit('change', record)
    if (record.batch) this.#refresh(record.batch)
    const start = this.#turn(record, () => this.#supervisor.start(record)).then(({ ended }) => this.#supervisor.watch(record, ended), (err: unknown) => {
      this.#log.error({ err, ticket: record.ticket }, 'job could not be started')
      this.#supervisor.watch(record)
    }).finally(() => this.#starts.delete(start))
    this.#starts.add(start)
  }

  /** Ends a job that waits; it keeps its place until that is on disk. */
  async #endQueued (record: JobRecord, state: 'canceled' | 'timed_out', reason: string | null): Promise<void> {
    this.#scheduler.hold(record.ticket)
    try {
      await this.#end(record, silent(state, reason), null)
    } catch (error) {
      this.#scheduler.ready(record.ticket)
      throw error
    }
  }

  async #end (record: JobRecord, verdict: Verdict, exit: ExitRecord | null): Promise<void> {
    const final = { ...record, ...verdict, exitCode: exit?.exitCode ?? null, finishedAt: endOf(exit) }
    await this.#store.save(final)
    const { ticket, requestId, command, state, reason, exitCode } = final
    this.#live.delete(ticket)
    this.#scheduler.end(ticket)
    this.#log.info({ ticket, requestId, command, state, reason, exitCode }, 'job finished')
    this.#ends.emit(ticket)
    this.#changes.emit('change', final)
    this.#chores.persist(ticket, () => this.#store.dropInput(ticket))
    if (record.batch) this.#refresh(record.batch)
    this.#pump()
  }

  /** A batch is what its jobs are, and ends with the last of them. */
  #refresh (ticket: string): void {
    const batch = this.#live.get(ticket)
    if (batch) this.#chores.persist(ticket, () => this.#turn(batch, () => this.#derive(batch)))
  }

  async #derive (batch: JobRecord): Promise<void> {
    const course = deriveBatch(await Promise.all((batch.jobs ?? []).map((job) => this.get(job).catch(() => LOST))))
    if (!isFinal(course.state)) {
      const isNews = course.state !== batch.state
      Object.assign(batch, course)
      if (isNews) this.#changes.emit('change', batch)
      return
    }
    if (!this.#live.has(batch.ticket)) return // by an earlier turn
    const final = { ...batch, ...course, finishedAt: course.finishedAt ?? endOf(null) }
    await this.#store.save(final)
    this.#live.delete(batch.ticket)
    this.#ends.emit(batch.ticket)
    this.#changes.emit('change', final)
  }

  /** One change of a job at a time: what is said last is what stays on disk. */
  #turn<T> (record: JobRecord, work: () => Promise<T>): Promise<T> {
    const slots = this.#turns.get(record) ?? new Slots(1)
    this.#turns.set(record, slots)
    return slots.run(work)
  }
}

function refuseEnded ({ state }: JobRecord): void {
  if (isFinal(state)) throw new AppError('job-not-running', `The job has ended: ${state}`)
}

function unlessEnded (error: unknown): void {
  if (!(error instanceof AppError)) throw error
}
