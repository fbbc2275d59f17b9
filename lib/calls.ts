import { open, rm } from 'node:fs/promises'
import { pipeline, type Readable, Transform } from 'node:stream'
import type { CommandReply } from '../schemas/command.ts'
import type { Job } from '../schemas/job.ts'
import { argvFor, type Call, prepareCall } from './barman/call.ts'
import { failureOf } from './barman/failures.ts'
import type { Host } from './barman/host.ts'
import { isLong, jobOf, stdinOf } from './barman/needs.ts'
import type { Input } from './barman/parameters.ts'
import { read, spool } from './barman/read.ts'
import type { Target } from './barman/target.ts'
import { AppError } from './errors.ts'
import type { History } from './jobs/history.ts'
import { isFinal, type JobRecord } from './jobs/record.ts'
import type { JobRegistry } from './jobs/registry.ts'
import { type Asker, recordsOf } from './jobs/request.ts'
import { Retries } from './jobs/retries.ts'
import type { User } from './users/user.ts'

const REPEAT_MS = 10_000 // a browser or a proxy repeats a GET within seconds

export interface CallsOptions {
  readonly jobs: JobRegistry
  readonly history: History
  /** Where restores may go without the scope `exec`. */
  readonly targets: ReadonlyMap<string, Target>
  /** Commands that the configuration makes jobs, by any name. */
  readonly asyncCommands: readonly string[]
  readonly readTimeoutMs: number
  /** How long a reply waits for a changing command. */
  readonly replyWaitMs: number
  /** The most that a command may be sent. */
  readonly maxInputBytes: number
}

/** `Prefer: respond-async, wait=N`. @see https://www.rfc-editor.org/rfc/rfc7240 */
export interface Preference {
  readonly isAsync: boolean
  readonly waitS: number | null
}

export interface Submission {
  readonly asker: Asker
  /** The caller's `Idempotency-Key`; null without one. */
  readonly key: string | null
  /** What the command reads. */
  readonly input: Readable | undefined
  /** It came by GET: an identical one shortly after is the same. */
  readonly isRepeatable: boolean
}

/** A job that has been taken in, by this call or by an earlier one with its key. */
export interface Taken {
  readonly ticket: string
  readonly isReplay: boolean
}

/** Carries calls out: reads at once, all else as jobs. */
export class Calls {
  readonly #options: CallsOptions
  readonly #recent = new Map<string, Promise<JobRecord>>()
  readonly #retries: Retries

  constructor (options: CallsOptions) {
    this.#options = options
    this.#retries = new Retries((key) => options.jobs.byKey(key))
  }

  /** Checks a call and the caller's rights to it; starts nothing. Throws `unknown-command`, `forbidden`, `bad-request`, `unknown-server`. */
  async prepare (host: Host, command: string, user: User, input: Input): Promise<Call> {
    return prepareCall({ host, user, compiled: await host.command(command), input, targets: this.#options.targets })
  }

  /** How a call is carried out. Only reads end with their request; what changes something outlives it. */
  kindOf (call: Call, preference: Preference): 'read' | 'bytes' | 'job' {
    const { compiled, values, api, scopes, format } = call
    const job = jobOf(compiled, values)
    if (job === 'never' && api.api_async) {
      throw new AppError('bad-request', 'This command never becomes a job', { errors: [{ pointer: '/api_async', detail: 'must be absent' }] })
    }
    if (format === 'bytes') return 'bytes'
    if (job === 'never') return 'read'
    const wantsJob = api.api_wait !== undefined || preference.waitS !== null || this.#isAsync(call, preference)
    return scopes.every((scope) => scope === 'read' || scope === 'exec') && !wantsJob ? 'read' : 'job'
  }

  /** Runs a read, or throws its problem; with `api_strict` a report of faults is one too. */
  async read (call: Call): Promise<CommandReply> {
    const reply = await read(call, this.#timeoutMs(call))
    if (call.api.api_strict && !reply.ok) throw new AppError('check-failed', 'The report names faults', { extra: { reply } })
    return reply
  }

  /** The bytes that a command prints, whole: nothing is sent before it exited 0. The file is gone once the stream is. */
  async bytes (call: Call): Promise<{ stream: Readable, size: number }> {
    const { file, size } = await spool(call, this.#timeoutMs(call))
    const handle = await open(file)
    await rm(file)
    return { stream: handle.createReadStream(), size }
  }

  /** Takes the call's job in, or finds the one that its key, or an identical GET, made already. Throws `server-busy`, `too-busy`, `insufficient-storage` or `idempotency-mismatch`. */
  async take (call: Call, { asker, key, input, isRepeatable }: Submission): Promise<Taken> {
    const wantsTar = stdinOf(call.compiled, call.values) === 'tar'
    if (wantsTar !== (input !== undefined)) {
      throw new AppError('unsupported-media-type', wantsTar ? 'This command reads a body of application/x-tar' : 'This command takes application/json')
    }
    const body = input && compose(input, bounded(this.#options.maxInputBytes))
    const { head, jobs } = recordsOf(call, asker, key)
    const start = (body?: Readable) => this.#start(call, head, jobs, body)
    if (key !== null) return this.#takeOnce(call, head, body, start)
    const { ticket } = await (isRepeatable ? this.#once(JSON.stringify([asker.user, call.host.name, argvFor(call, null), call.servers, call.api]), start) : start(body))
    return { ticket, isReplay: false }
  }

  /** The job when it ends or the caller would wait no longer; or throws why a short command failed. */
  async outcome (call: Call, ticket: string, preference: Preference): Promise<Job> {
    const waitS = call.api.api_wait ?? preference.waitS
    const isAsync = this.#isAsync(call, preference)
    const record = await this.#options.jobs.wait(ticket, waitS !== null ? waitS * 1000 : isAsync ? 0 : this.#options.replyWaitMs)
    const job = await this.#options.history.show(record)
    const problem = waitS === null && !isAsync ? problemOfJob(record) : null
    if (problem) throw new AppError(problem.code, problem.message, { extra: { ...problem.extras.extra, ticket, exitCode: record.exitCode, reply: job } })
    return job
  }

  /** A call for `all` may have been about more servers than its caller sees by now. */
  async #takeOnce ({ sees }: Call, head: JobRecord, input: Readable | undefined, start: (input?: Readable) => Promise<JobRecord>): Promise<Taken> {
    const { record: { ticket, servers }, isReplay } = await this.#retries.take(head, input, start)
    if (!servers.every(sees)) throw new AppError('job-not-found', 'The job of this key is about servers that you may not see any more')
    return { ticket, isReplay }
  }

  #isAsync ({ compiled, values, api }: Call, preference: Preference): boolean {
    return api.api_async ?? (preference.isAsync || isLong(compiled, values, this.#options.asyncCommands))
  }

  #timeoutMs ({ api }: Call): number {
    return api.api_timeout === undefined ? this.#options.readTimeoutMs : api.api_timeout * 1000
  }

  #start ({ api }: Call, head: JobRecord, jobs: readonly JobRecord[], input?: Readable): Promise<JobRecord> {
    const mayWait = api.api_if_busy === 'queue'
    if (head.kind === 'batch') return this.#options.jobs.submitBatch(head, jobs, mayWait)
    return this.#options.jobs.submit(head, { mayWait, ...(input ? { input } : {}) })
  }

  /** The first job of identical requests. */
  #once (key: string, start: () => Promise<JobRecord>): Promise<JobRecord> {
    const known = this.#recent.get(key)
    if (known) return known
    const started = start()
    this.#recent.set(key, started)
    const forget = () => this.#recent.delete(key)
    started.then(() => setTimeout(forget, REPEAT_MS).unref(), forget)
    return started
  }
}

/** The problem of a job that failed while its caller waited: a changing command that ran is never a 5xx, which proxies would send again. */
function problemOfJob (record: JobRecord): AppError | null {
  if (!isFinal(record.state) || record.state === 'succeeded') return null
  const { command, exitCode, errors, warnings } = record
  const told = exitCode === null || errors.length === 0 ? null : failureOf({ command, class: 'operate', exitCode, signal: null, errors, warnings, output: [], timedOut: false })
  const detail = told?.detail ?? DETAILS[record.reason ?? ''] ?? `The command ended as ${record.state}`
  switch (record.reason) {
    case 'unknown-server': case 'unknown-backup': case 'server-busy': case 'refused-by-barman': return new AppError(record.reason, detail)
    default: return new AppError('barman-failed', detail, { extra: { status: 422 } })
  }
}

const DETAILS: Readonly<Record<string, string>> = {
  skipped: 'Barman skipped the server: it is inactive, passive or disabled',
  'server-busy': 'Another process of Barman does this already, so nothing was done',
  'no-exit-record': 'The process is gone and left no exit code: what it did is not known',
  'not-started': 'The process could not be started'
}

/** Both as one stream: what breaks the source breaks the result. */
function compose (source: Readable, through: Transform): Readable {
  return pipeline(source, through, () => {}) // the reader of the result sees the error
}

function bounded (maxBytes: number): Transform {
  let size = 0
  return new Transform({
    transform (chunk: Buffer, _, done) {
      size += chunk.length
      if (size > maxBytes) done(new AppError('payload-too-large', `The body is larger than ${maxBytes} bytes`))
      else done(null, chunk)
    }
  })
}
