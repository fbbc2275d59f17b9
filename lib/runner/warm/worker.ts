import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { RunOptions, RunResult } from '../runner.ts'
import { Call } from './call.ts'
import { encode, FrameReader, type Frame, numeral, REPLY, REQUEST } from './frames.ts'
import type { PythonProgram } from './program.ts'

const SCRIPT = fileURLToPath(new URL('./worker.py', import.meta.url))
const START_TIMEOUT_MS = 20_000
const STOP_GRACE_MS = 1_000
const COMPLAINT_BYTES = 4096

/** One resident Python with the program imported; forks a child a call. Once it is gone, every call of it resolves to null. */
export class WarmWorker {
  readonly #child: ChildProcess
  readonly #calls = new Map<number, Call>()
  readonly #frames = new FrameReader()
  readonly #gone = new AbortController()
  #complaint = ''
  #ready: () => void = () => {}
  #served = 0

  private constructor (program: PythonProgram, env: Readonly<Record<string, string>>) {
    const [interpreter, ...words] = program.interpreter
    this.#child = spawn(interpreter, [...words, SCRIPT, program.path], { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.on('error', () => this.#leave())
    this.#child.on('exit', () => this.#leave())
    this.#child.stdin?.on('error', () => {}) // EPIPE: `exit` follows
    this.#child.stdout?.on('data', (bytes: Buffer) => this.#receive(bytes))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.#complaint = (this.#complaint + text).slice(-COMPLAINT_BYTES) })
  }

  /** Starts one and resolves once it has imported the program, or to what it complained of where it could not. */
  static async start (program: PythonProgram, env: Readonly<Record<string, string>>): Promise<WarmWorker | string> {
    const worker = new WarmWorker(program, env)
    const ready = new Promise<void>((resolve) => { worker.#ready = resolve })
    const timer = setTimeout(() => worker.stop(), START_TIMEOUT_MS)
    await Promise.race([ready, worker.gone])
    clearTimeout(timer)
    return worker.isGone ? worker.#complaint.trim().split('\n').at(-1) || 'it ended' : worker
  }

  get isGone (): boolean {
    return this.#gone.signal.aborted
  }

  /** Resolves when it is gone, with every call in flight. */
  get gone (): Promise<void> {
    return this.isGone ? Promise.resolve() : once(this.#gone.signal, 'abort').then(() => {})
  }

  /** Calls so far. */
  get served (): number {
    return this.#served
  }

  /** What the program said and how it ended; null where nobody can tell, because the worker or the program on disk is not the same any more. */
  async call (argv: readonly string[], options: RunOptions): Promise<RunResult | null> {
    if (this.isGone) return null
    const number = ++this.#served
    const call = new Call(options, (signal) => this.#send(number, REQUEST.signal, numeral(constants.signals[signal])))
    this.#calls.set(number, call)
    this.#send(number, REQUEST.run, Buffer.from(JSON.stringify(argv)))
    return call.ended.finally(() => this.#calls.delete(number))
  }

  /** Ends it and every call in flight, which it does by itself once nobody speaks to it. */
  stop (): void {
    this.#child.stdin?.destroy()
    setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS).unref()
  }

  /** Ends it once no call is in flight. */
  async retire (): Promise<void> {
    await Promise.all([...this.#calls.values()].map(({ ended }) => ended))
    this.#child.stdin?.end()
  }

  #send (call: number, kind: number, payload: Buffer): void {
    this.#child.stdin?.write(encode(call, kind, payload))
  }

  #receive (bytes: Buffer): void {
    try {
      for (const frame of this.#frames.read(bytes)) this.#take(frame)
    } catch {
      this.stop() // the program's own import printed
    }
  }

  #take ({ call: number, kind, payload }: Frame): void {
    const call = this.#calls.get(number)
    switch (kind) {
      case REPLY.ready: return this.#ready()
      case REPLY.out: return call?.take('stdout', payload)
      case REPLY.err: return call?.take('stderr', payload)
      case REPLY.exit: return call?.end(payload.readInt32BE())
      default: return call?.lose() // stale, or a kind that we do not know
    }
  }

  #leave (): void {
    this.#gone.abort()
    for (const call of this.#calls.values()) call.lose()
  }
}
