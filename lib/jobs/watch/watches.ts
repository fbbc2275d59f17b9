import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { finished } from 'node:stream/promises'
import { AppError } from '../../errors.ts'
import type { Progress } from '../../../schemas/job.ts'
import type { JobRecord } from '../record.ts'
import type { JobRegistry } from '../registry.ts'
import { summaryOf } from '../view.ts'
import { Feed } from './feed.ts'
import { follow } from './follow.ts'
import type { Position } from './position.ts'

const RETRY_AFTER_S = 5
const CLOSE_MS = 1_000 // for watchers to take what they were sent last

export interface WatchesOptions {
  readonly registry: JobRegistry
  readonly progressOf: (record: JobRecord) => Promise<Progress | null>
  /** How often a job that runs is looked at while somebody watches it. */
  readonly pollMs?: number
  /** How often its progress is asked for. */
  readonly progressMs?: number
  readonly pingMs?: number
  /** Watchers of all jobs together. */
  readonly limit?: number
}

interface Watched {
  readonly feed: Feed
  readonly timer: NodeJS.Timeout
  watchers: number
}

/** Who watches which job: one feed a job while anybody does, and no timers otherwise. */
export class Watches {
  readonly #options: Required<WatchesOptions>
  readonly #watched = new Map<string, Watched>()
  readonly #streams = new Set<Readable>()
  readonly #callOff: () => void
  #pinging: NodeJS.Timeout | undefined
  #isClosed = false

  constructor (options: WatchesOptions) {
    this.#options = { pollMs: 250, progressMs: 5_000, pingMs: 15_000, limit: 1_000, ...options }
    this.#callOff = options.registry.onChange(({ ticket }) => this.#watched.get(ticket)?.feed.bump())
  }

  /** Jobs that are watched by now. */
  get size (): number {
    return this.#watched.size
  }

  /** The events of a job as they are sent; destroy the stream where nobody reads it any more. Throws `too-busy` or `shutting-down`. */
  open (ticket: string, from: Position): Readable {
    if (this.#isClosed) throw new AppError('shutting-down', 'The service is stopping', { retryAfterS: RETRY_AFTER_S })
    if (this.#streams.size >= this.#options.limit) throw new AppError('too-busy', `${this.#options.limit} watchers are there already`, { retryAfterS: RETRY_AFTER_S })
    const feed = this.#enter(ticket)
    const stream = streamOf((signal) => follow(feed, from, signal))
    this.#streams.add(stream)
    stream.once('close', () => {
      this.#streams.delete(stream)
      this.#leave(ticket)
    })
    return stream
  }

  /** Ends every stream, by force where its reader does not take what it was sent. */
  async close (): Promise<void> {
    this.#isClosed = true
    this.#callOff()
    for (const { feed } of this.#watched.values()) feed.close()
    const streams = [...this.#streams]
    const patience = new AbortController()
    const ended = Promise.all(streams.map((stream) => finished(stream, { signal: patience.signal }).catch(() => {}))) // however it ended
    await Promise.race([ended, delay(CLOSE_MS, undefined, { signal: patience.signal }).catch(() => {})])
    patience.abort()
    for (const stream of streams) stream.destroy()
  }

  #enter (ticket: string): Feed {
    const watched = this.#watched.get(ticket) ?? this.#watch(ticket)
    watched.watchers++
    return watched.feed
  }

  #watch (ticket: string): Watched {
    const { pollMs, progressMs, pingMs } = this.#options
    const feed = new Feed(this.#sourceOf(ticket))
    let looks = 0
    const timer = setInterval(() => {
      if (++looks % Math.ceil(progressMs / pollMs) === 0) feed.bump()
      else feed.look()
    }, pollMs)
    const watched = { feed, timer, watchers: 0 }
    this.#watched.set(ticket, watched)
    this.#pinging ??= setInterval(() => { for (const { feed } of this.#watched.values()) feed.ping() }, pingMs)
    return watched
  }

  #leave (ticket: string): void {
    const watched = this.#watched.get(ticket)
    if (!watched || --watched.watchers > 0) return
    clearInterval(watched.timer)
    this.#watched.delete(ticket)
    if (this.#watched.size > 0) return
    clearInterval(this.#pinging)
    this.#pinging = undefined
  }

  #sourceOf (ticket: string) {
    const { registry, progressOf } = this.#options
    return {
      record: () => registry.get(ticket),
      summary: async (record: JobRecord) => JSON.stringify(summaryOf(record, await progressOf(record))),
      progress: async (record: JobRecord) => JSON.stringify(await progressOf(record)),
      page: registry.page.bind(registry, ticket),
      size: registry.size.bind(registry, ticket)
    }
  }
}

/** A generator as a stream that holds one piece of it at a time. The signal ends what the generator waits for when nobody reads any more. */
function streamOf (start: (signal: AbortSignal) => AsyncGenerator<string>): Readable {
  const gone = new AbortController()
  const pieces = start(gone.signal)
  return new Readable({
    highWaterMark: 1,
    read () {
      pieces.next().then(({ done, value }) => this.push(done ? null : value), (error: Error) => this.destroy(error))
    },
    destroy (error, done) {
      gone.abort()
      done(error)
    }
  })
}
