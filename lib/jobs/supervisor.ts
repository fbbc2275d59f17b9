import type { BaseLogger } from 'pino'
import type { Runner } from '../runner/runner.ts'
import type { Chores } from './chores.ts'
import type { JobRecord } from './record.ts'
import { look, type Sight, signal } from './sight.ts'
import type { ExitRecord, JobStore, Output } from './store.ts'
import { unjudged, type Verdict } from './verdict.ts'

const POLL_MS = 500 // of jobs that an earlier process of ours started
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const
const GRACE_MS = 10_000 // from one to the next: barman ends pg_basebackup and records the failure in under 1 s
const JUDGED_BYTES = 1024 * 1024

export interface SupervisorOptions {
  readonly store: JobStore
  readonly runnerOf: (host: string) => Runner
  /** Reads what a process that recorded its exit code left behind. May ask Barman; never throws. */
  readonly judge: (record: JobRecord, exit: ExitRecord, output: Output) => Promise<Verdict>
  readonly log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
  /** From one signal to the next. */
  readonly graceMs?: number
}

/** Who hears what became of a process. */
export interface Listener {
  /** The process is gone, and this is the truth about it; called again where it fails. */
  onEnd (record: JobRecord, verdict: Verdict, exit: ExitRecord | null): Promise<void>
  onTimeout (record: JobRecord): Promise<void>
}

/** The processes of jobs: starts them detached, watches them to their end, and signals them. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #chores: Chores
  readonly #listener: Listener

  constructor (options: SupervisorOptions, chores: Chores, listener: Listener) {
    this.#options = options
    this.#chores = chores
    this.#listener = listener
  }

  /** Records that the job runs and starts its process, or neither where it was stopped meanwhile. Resolves with what to wait for. */
  async start (record: JobRecord): Promise<{ readonly ended?: Promise<void> }> {
    const { ticket, host, command, servers, requestId, argv } = record
    await this.#options.store.save(record)
    if (record.intent) return {}
    const process = await this.#options.runnerOf(host).start({ folder: this.#options.store.folder(ticket), argv })
    this.#options.log.info({ ticket, command, servers, requestId }, 'job started')
    return process
  }

  /** Settles the job once its process is gone: after `ended`, or as its folder shows it. */
  watch (record: JobRecord, ended?: Promise<void>): void {
    const { ticket, host } = record
    const callOff = this.#limit(record)
    const check = async (): Promise<void> => {
      const sight = await look(this.#options.store, this.#options.runnerOf(host), ticket)
      if (sight === 'running') {
        this.#chores.later(POLL_MS, () => this.#chores.persist(ticket, check))
      } else {
        callOff()
        await this.#settle(record, sight)
      }
    }
    Promise.resolve(ended).then(() => this.#chores.persist(ticket, check))
  }

  /** SIGINT, SIGTERM, then SIGKILL to the whole group, each after a grace time, unless `isOver` resolves true within it. */
  end ({ ticket, host }: JobRecord, isOver: (ms: number) => Promise<boolean>): void {
    const escalate = async () => {
      for (const name of SIGNALS) {
        await signal(this.#options.runnerOf(host), this.#options.store.folder(ticket), name)
        if (await isOver(this.#options.graceMs ?? GRACE_MS) || this.#chores.isClosed) return
      }
    }
    this.#chores.persist(ticket, escalate)
  }

  #limit (record: JobRecord): () => void {
    const { ticket, startedAt, createdAt, timeoutS } = record
    if (timeoutS === null) return () => {}
    return this.#chores.later(Date.parse(startedAt ?? createdAt) + timeoutS * 1000 - Date.now(), () => {
      this.#chores.persist(ticket, () => this.#listener.onTimeout(record))
    })
  }

  async #settle (record: JobRecord, sight: Sight): Promise<void> {
    const { ticket, intent } = record // as it is now: whoever stops the job while it is judged comes too late
    const { store, judge } = this.#options
    const exit = sight === 'ended' ? await store.exit(ticket) : null
    const verdict = exit ? await judge(record, exit, await store.output(ticket, JUDGED_BYTES)) : unjudged(sight, intent)
    const isStopped = verdict.state === 'failed' || (verdict.state === 'succeeded' && record.slot === 'none') // what runs without end exits 0 only when stopped
    await this.#listener.onEnd(record, intent && isStopped ? { ...verdict, state: intent } : verdict, exit)
  }
}
