import type { JobRecord } from '../record.ts'
import type { Stream } from '../store.ts'

const PAGE_BYTES = 64 * 1024 // of one event: what a slow watcher keeps in memory
const KEPT_PAGES = 8 // for those who follow close behind

/** What there is to read of one job. */
export interface Source {
  record (): Promise<JobRecord>
  /** The job as JSON. */
  summary (record: JobRecord): Promise<string>
  /** How far it has come, as JSON. */
  progress (record: JobRecord): Promise<string>
  page (stream: Stream, offset: number, limit: number): Promise<{ readonly text: string, readonly length: number }>
  /** Bytes of a stream so far. */
  size (stream: Stream): Promise<number>
}

/** A page as events carry it. */
export interface FeedPage {
  /** Bytes of the stream for which it stands; 0 while there is nothing new. */
  readonly length: number
  readonly data: string
}

/**
 * One job as its watchers read it, each at his own pace: what one has read, the others are given. News wake them all;
 * between two pieces of news nothing is read twice.
 */
export class Feed {
  readonly #source: Source
  readonly #now = new Map<string, Promise<unknown>>()
  readonly #pages = new Map<string, FeedPage>()
  readonly #size = { stdout: 0, stderr: 0 }
  #waiting: Array<() => void> = []
  #isLooking = false
  #news = 0
  #pings = 0
  #isClosed = false

  constructor (source: Source) {
    this.#source = source
  }

  /** Counts pieces of news. */
  get news (): number { return this.#news }

  /** Counts pings. */
  get pings (): number { return this.#pings }

  get isClosed (): boolean { return this.#isClosed }

  record (): Promise<JobRecord> {
    return this.#once('record', () => this.#source.record())
  }

  summary (record: JobRecord): Promise<string> {
    return this.#once(`summary ${record.state}`, () => this.#source.summary(record))
  }

  progress (record: JobRecord): Promise<string> {
    return this.#once('progress', () => this.#source.progress(record))
  }

  /** What follows an offset. */
  page (stream: Stream, offset: number): Promise<FeedPage> {
    const key = `${stream} ${offset}`
    const kept = this.#pages.get(key)
    return kept ? Promise.resolve(kept) : this.#once(key, () => this.#read(key, stream, offset))
  }

  /** Resolves with the next news or ping, or when the feed is closed; at once where there were news since `known`. */
  async after (known: number, signal: AbortSignal): Promise<void> {
    if (this.#news !== known || this.#isClosed || signal.aborted) return
    await new Promise<void>((resolve) => {
      const wake = () => { signal.removeEventListener('abort', wake); resolve() }
      signal.addEventListener('abort', wake, { once: true })
      this.#waiting.push(wake)
    })
  }

  /** Something has changed: what was read of the job's present is old. */
  bump (): void {
    this.#news++
    this.#now.clear()
    this.#wake()
  }

  ping (): void {
    this.#pings++
    this.#wake()
  }

  /** Looks whether the job has printed more. One look at a time; where it fails, the watchers will see why. */
  look (): void {
    if (this.#isLooking) return
    this.#isLooking = true
    this.#hasGrown().catch(() => true).then((hasGrown) => {
      this.#isLooking = false
      if (hasGrown) this.bump()
    })
  }

  close (): void {
    this.#isClosed = true
    this.#wake()
  }

  async #hasGrown (): Promise<boolean> {
    const record = await this.record()
    if (record.kind === 'batch' || record.state !== 'running') return false
    let hasGrown = false
    for (const stream of ['stdout', 'stderr'] as const) {
      const size = await this.#source.size(stream)
      hasGrown ||= size !== this.#size[stream]
      this.#size[stream] = size
    }
    return hasGrown
  }

  async #read (key: string, stream: Stream, offset: number): Promise<FeedPage> {
    const { text, length } = await this.#source.page(stream, offset, PAGE_BYTES)
    const page = { length, data: JSON.stringify({ stream, offset, nextOffset: offset + length, text }) }
    if (length > 0) this.#keep(key, page)
    return page
  }

  #keep (key: string, page: FeedPage): void {
    this.#pages.set(key, page)
    if (this.#pages.size > KEPT_PAGES) this.#pages.delete(this.#pages.keys().next().value ?? '')
  }

  #once<T> (key: string, make: () => Promise<T>): Promise<T> {
    const made = this.#now.get(key) ?? make()
    this.#now.set(key, made)
    return made as Promise<T> // each key has one maker
  }

  #wake (): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
