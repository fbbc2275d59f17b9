import type { BaseLogger } from 'pino'
import type { RunOptions, RunResult } from '../runner.ts'
import { pythonProgram } from './program.ts'
import { WarmWorker } from './worker.ts'

const PROOF_TIMEOUT_MS = 20_000
const CALLS = 10_000 // of one worker: whatever may grow in it ends with it
const BACK_OFF_MS = 1_000
const MAX_BACK_OFF_MS = 60_000

export interface WarmOptions {
  readonly command: string
  readonly env: Readonly<Record<string, string>>
  /** A plain process of the same command. */
  readonly plain: (argv: readonly string[], options: RunOptions) => Promise<RunResult>
  /** Calls whose answers must be the same, byte for byte, before any other is trusted. */
  readonly proofs: () => Promise<ReadonlyArray<readonly string[]>>
  readonly log: Pick<BaseLogger, 'info' | 'warn'>
}

/** Answers reads from a resident Python, as long as it proves to say what a plain process says; and says null where a plain one has to. */
export class Warm {
  readonly #options: WarmOptions
  #worker: WarmWorker | null = null
  #starting: Promise<void> | null = null
  #failures = 0
  #startAgainAt = 0
  #closed = false

  constructor (options: WarmOptions) {
    this.#options = options
  }

  get isReady (): boolean {
    return this.#worker !== null
  }

  /** Starts a worker and proves it; afterwards calls are answered by it, or the log says why not. Never throws. */
  start (): Promise<void> {
    this.#starting ??= this.#replace().finally(() => { this.#starting = null })
    return this.#starting
  }

  /** Only for reads: a call whose end is lost is to be repeated plainly. */
  async call (argv: readonly string[], options: RunOptions): Promise<RunResult | null> {
    if (options.stdoutFile !== undefined) return null
    if (!this.#worker) {
      if (this.#failures > 0 && Date.now() >= this.#startAgainAt) this.start()
      return null
    }
    const worker = this.#worker
    const result = await worker.call(argv, options)
    if (result === null) this.#lose(worker)
    else if (worker.served >= CALLS && worker === this.#worker) this.start()
    return result
  }

  close (): void {
    this.#closed = true
    this.#worker?.stop()
    this.#worker = null
  }

  /** The program has changed, or the worker died. */
  #lose (worker: WarmWorker): void {
    worker.retire()
    if (worker !== this.#worker) return
    this.#worker = null
    this.#options.log.info('the warm barman is gone or another than installed now; starting again')
    this.start()
  }

  async #replace (): Promise<void> {
    const started = performance.now()
    const worker = await this.#begin().catch(String)
    if (this.#closed || typeof worker === 'string') {
      if (typeof worker !== 'string') worker.stop()
      else this.#fail(worker)
      return
    }
    this.#worker?.retire()
    this.#worker = worker
    this.#failures = 0
    this.#options.log.info({ durationMs: Math.round(performance.now() - started) }, 'barman is kept warm')
  }

  async #begin (): Promise<WarmWorker | string> {
    const { command, env } = this.#options
    const program = await pythonProgram(command, env['PATH'] ?? '')
    if (!program) return 'it is no Python program'
    const worker = await WarmWorker.start(program, env)
    if (typeof worker === 'string') return worker
    const flaw = await this.#prove(worker).catch(String)
    if (flaw === null) return worker
    worker.stop()
    return flaw
  }

  /** What is wrong with a worker, or null. */
  async #prove (worker: WarmWorker): Promise<string | null> {
    for (const argv of await this.#options.proofs()) {
      const [plain, warm] = await Promise.all([this.#options.plain(argv, { timeoutMs: PROOF_TIMEOUT_MS }), worker.call(argv, { timeoutMs: PROOF_TIMEOUT_MS })])
      if (!warm || essence(plain) !== essence(warm)) return `barman ${argv.join(' ')} answers differently`
    }
    return null
  }

  #fail (reason: string): void {
    this.#worker?.retire()
    this.#worker = null
    this.#startAgainAt = Date.now() + Math.min(BACK_OFF_MS * 2 ** this.#failures++, MAX_BACK_OFF_MS)
    if (this.#failures === 1) this.#options.log.info({ reason }, 'barman is not kept warm; plain processes answer')
  }
}

function essence ({ exitCode, signal, stdout, stderr }: RunResult): string {
  return JSON.stringify([exitCode, signal, stdout, stderr])
}
