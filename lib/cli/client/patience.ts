import { setTimeout as pause } from 'node:timers/promises'
import { ClientError, EXIT } from './exits.ts'
import { spell } from './spell.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

export interface PatienceOptions {
  /** Of the service, as it is shown. */
  readonly name: string
  readonly giveUpMs: number
  readonly signal: AbortSignal
  /** Tells people one line. */
  say (line: string): void
}

/** Waits while the service is out of reach, longer each time, and tells its going and coming in one line each. */
export class Patience {
  readonly #options: PatienceOptions
  #since: number | null = null
  #pauseMs = FIRST_PAUSE_MS

  constructor (options: PatienceOptions) {
    this.#options = options
  }

  /** Waits before another try, or throws a ClientError (`unreachable`) when that would be too late. */
  async wait (why: string, retryAfterS = 0): Promise<void> {
    const { name, giveUpMs, signal, say } = this.#options
    const now = performance.now()
    if (this.#since === null && giveUpMs > 0) say(`${name}: ${why}; trying again for ${spell(giveUpMs)}`)
    this.#since ??= now
    const pauseMs = Math.max(this.#pauseMs, Math.min(retryAfterS * 1000, LONGEST_PAUSE_MS))
    if (now - this.#since + pauseMs > giveUpMs) throw new ClientError(`${name}: ${why}; given up after ${spell(now - this.#since)}`, EXIT.unreachable)
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
    await pause(pauseMs * (0.75 + Math.random() / 4), undefined, { signal }) // not all clients at once
  }

  /** The service answers. */
  over (): void {
    if (this.#since !== null) this.#options.say(`${this.#options.name} answers again`)
    this.#since = null
    this.#pauseMs = FIRST_PAUSE_MS
  }
}
