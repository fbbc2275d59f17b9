import { AppError } from '../errors.ts'

const SLOW_MS = 2_000 // a process older than this waits for PostgreSQL, not for a core
const RETRY_AFTER_S = 2

export interface GateOptions {
  /** Young processes at once; more only add latency. */
  readonly cores: number
  /** Old processes at once, beside the young ones. */
  readonly pool?: number
  /** Processes at once for one server. */
  readonly perServer?: number
  /** Calls that may wait for a place. */
  readonly queue?: number
}

interface Waiting {
  readonly server: string | null
  readonly go: () => void
}

/**
 * Bounds the processes of reads, first come first served: as many young ones as there are cores, two a server, and a pool for
 * those that hang on a silent PostgreSQL, so that one offline server stalls nobody else.
 */
export class Gate {
  readonly #cores: number
  readonly #pool: number
  readonly #perServer: number
  readonly #limit: number
  readonly #servers = new Map<string, number>()
  #young = 0
  #old = 0
  #waiting: Waiting[] = []

  constructor ({ cores, pool = 32, perServer = 2, queue = 256 }: GateOptions) {
    this.#cores = cores
    this.#pool = pool
    this.#perServer = perServer
    this.#limit = queue
  }

  /** Runs the work when there is room for it, or throws `too-busy` when the queue is full. */
  async pass<T> (server: string | null, work: () => Promise<T>): Promise<T> {
    await this.#enter(server)
    let old = false
    const timer = setTimeout(() => { old = this.#retire() }, SLOW_MS)
    try {
      return await work()
    } finally {
      clearTimeout(timer)
      this.#leave(server, old)
    }
  }

  #enter (server: string | null): Promise<void> | undefined {
    if (this.#fits(server)) {
      this.#take(server)
      return
    }
    if (this.#waiting.length >= this.#limit) {
      throw new AppError('too-busy', 'Too many calls wait for Barman already', { retryAfterS: RETRY_AFTER_S })
    }
    return new Promise((resolve) => { this.#waiting.push({ server, go: resolve }) })
  }

  #fits (server: string | null): boolean {
    return this.#young < this.#cores && (server === null || (this.#servers.get(server) ?? 0) < this.#perServer)
  }

  #take (server: string | null): void {
    this.#young++
    if (server !== null) this.#servers.set(server, (this.#servers.get(server) ?? 0) + 1)
  }

  /** Frees the core of a process that has grown old, if the pool has room for it. */
  #retire (): boolean {
    if (this.#old >= this.#pool) return false
    this.#young--
    this.#old++
    this.#next()
    return true
  }

  #leave (server: string | null, old: boolean): void {
    if (old) this.#old--
    else this.#young--
    if (server !== null) {
      const left = (this.#servers.get(server) ?? 1) - 1
      if (left > 0) this.#servers.set(server, left)
      else this.#servers.delete(server)
    }
    this.#next()
  }

  #next (): void {
    this.#waiting = this.#waiting.filter(({ server, go }) => {
      if (!this.#fits(server)) return true
      this.#take(server)
      go()
      return false
    })
  }
}
