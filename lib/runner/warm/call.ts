import { constants } from 'node:os'
import type { RunOptions, RunResult } from '../runner.ts'

const KILL_GRACE_MS = 1_000 // SIGTERM to SIGKILL, as of plain processes
const MAX_BYTES = 64 * 1024 * 1024

/** One call in flight: collects what it says, and ends it when its time or its room is over. */
export class Call {
  /** How it ended, or null where that was lost. */
  readonly ended: Promise<RunResult | null>
  readonly #options: RunOptions
  readonly #kill: (signal: 'SIGTERM' | 'SIGKILL') => void
  readonly #started = performance.now()
  readonly #output = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  readonly #sizes = { stdout: 0, stderr: 0 }
  readonly #timers: NodeJS.Timeout[] = []
  readonly #abort = () => this.#finish()
  #resolve: (result: RunResult | null) => void = () => {}
  #timedOut = false
  #tooLarge = false
  #isEnding = false

  /** `kill` signals the call's process group while there is one. */
  constructor (options: RunOptions, kill: (signal: 'SIGTERM' | 'SIGKILL') => void) {
    this.#options = options
    this.#kill = kill
    this.ended = new Promise((resolve) => { this.#resolve = resolve })
    this.#timers.push(setTimeout(() => { this.#timedOut = true; this.#finish() }, options.timeoutMs))
    options.signal?.addEventListener('abort', this.#abort, { once: true })
    if (options.signal?.aborted) setImmediate(this.#abort) // after the call itself was sent
  }

  take (stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.#sizes[stream] += bytes.length
    if (this.#sizes[stream] <= (this.#options.maxBytes ?? MAX_BYTES)) {
      this.#output[stream].push(bytes)
    } else {
      this.#tooLarge = true
      this.#finish()
    }
  }

  /** `status` is the exit code, or minus the number of the signal. */
  end (status: number): void {
    const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8')
    this.#settle({
      exitCode: status < 0 ? null : status,
      signal: status < 0 ? nameOf(-status) : null,
      stdout: text(this.#output.stdout),
      stderr: text(this.#output.stderr),
      durationMs: Math.round(performance.now() - this.#started),
      timedOut: this.#timedOut,
      tooLarge: this.#tooLarge
    })
  }

  lose (): void {
    this.#settle(null)
  }

  #finish (): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#kill('SIGTERM')
    this.#timers.push(setTimeout(() => this.#kill('SIGKILL'), KILL_GRACE_MS))
  }

  #settle (result: RunResult | null): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#resolve(result)
  }
}

function nameOf (number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`
}
