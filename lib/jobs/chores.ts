import type { BaseLogger } from 'pino'

const RETRY_MS = 500

/** What is to be done later, or again until it is done; nothing of it after `close`. */
export class Chores {
  readonly #log: Pick<BaseLogger, 'error'>
  readonly #timers = new Set<NodeJS.Timeout>()
  #closed = false

  constructor (log: Pick<BaseLogger, 'error'>) {
    this.#log = log
  }

  get isClosed (): boolean {
    return this.#closed
  }

  /** Returns what calls it off. */
  later (ms: number, action: () => void): () => void {
    if (this.#closed) return () => {}
    const timer = setTimeout(() => { this.#timers.delete(timer); action() }, Math.max(ms, 0))
    this.#timers.add(timer)
    return () => {
      clearTimeout(timer)
      this.#timers.delete(timer)
    }
  }

  /** Work that must come true, on a full disk too: it is tried until it does. */
  persist (ticket: string, work: () => Promise<unknown>): void {
    if (this.#closed) return
    work().catch((err: unknown) => {
      this.#log.error({ err, ticket }, 'job could not be looked after; trying again')
      this.later(RETRY_MS, () => this.persist(ticket, work))
    })
  }

  close (): void {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
