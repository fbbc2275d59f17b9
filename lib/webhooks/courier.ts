import type { BaseLogger } from 'pino'
import type { Event } from './events.ts'
import type { Delivery, Mailbox } from './mailbox.ts'
import { type Answer, post } from './post.ts'
import { wants, type Webhook } from './webhook.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** From one attempt to the next, as Standard Webhooks proposes; after the last the event is given up. */
export const DELAYS_MS: readonly number[] = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
const JITTER = 0.1 // of a delay, more or less: receivers that come back are not met by all at once
const MAX_WISH_MS = 24 * HOUR // of a receiver's Retry-After
const TIMEOUT_MS = 15 * SECOND
const CONCURRENCY = 4
const GONE = 410
const BUSY: ReadonlySet<number> = new Set([429, 503])

export interface CourierOptions {
  readonly log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
  readonly delaysMs?: readonly number[]
  readonly timeoutMs?: number
}

/** Brings one receiver its events: each at least once, in no order, again and again until it takes them or the attempts are used up. */
export class Courier {
  readonly webhook: Webhook
  readonly #mailbox: Mailbox
  readonly #log: CourierOptions['log']
  readonly #delaysMs: readonly number[]
  readonly #timeoutMs: number
  readonly #sending = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #isStarted = false
  #isGone = false
  #pausedUntil = 0

  constructor (webhook: Webhook, mailbox: Mailbox, { log, delaysMs = DELAYS_MS, timeoutMs = TIMEOUT_MS }: CourierOptions) {
    this.webhook = webhook
    this.#mailbox = mailbox
    this.#log = log
    this.#delaysMs = delaysMs
    this.#timeoutMs = timeoutMs
  }

  /** Takes an event in, where this receiver wants it: once this resolves, it is on disk. */
  async tell (event: Event): Promise<void> {
    if (!wants(this.webhook, event)) return
    await this.#mailbox.add(event)
    this.#pump()
  }

  start (): void {
    this.#isStarted = true
    this.#pump()
  }

  /** Breaks off what is under way, which then counts as not tried. */
  async close (): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    await Promise.all(this.#sending.values())
  }

  /** Sends what is due, and comes again when something will be. */
  #pump (): void {
    clearTimeout(this.#timer)
    if (!this.#isStarted || this.#isGone || this.#closing.signal.aborted) return
    for (const [id, { nextAt }] of this.#mailbox.pending) {
      if (this.#sending.size >= CONCURRENCY) return // whoever ends pumps again
      if (!this.#sending.has(id) && Math.max(nextAt, this.#pausedUntil) <= Date.now()) this.#send(id)
    }
    const waiting = [...this.#mailbox.pending].flatMap(([id, { nextAt }]) => this.#sending.has(id) ? [] : [nextAt])
    if (waiting.length === 0) return
    const next = waiting.reduce((first, at) => Math.min(first, at))
    this.#timer = setTimeout(() => this.#pump(), Math.max(next, this.#pausedUntil, Date.now() + 1) - Date.now()).unref()
  }

  #send (id: string): void {
    this.#sending.set(id, this.#attempt(id).catch((err: unknown) => {
      this.#pausedUntil = Date.now() + (this.#delaysMs[0] ?? 0) // of our own disk: not at full speed again
      this.#log.error({ err, webhook: this.webhook.name, event: id }, 'webhook: delivery could not be looked after; trying again')
    }).finally(() => {
      this.#sending.delete(id)
      this.#pump()
    }))
  }

  async #attempt (id: string): Promise<void> {
    const delivery = await this.#mailbox.get(id)
    if (!delivery) return
    const { status, retryAfterMs, detail } = await this.#post(delivery)
    if (this.#closing.signal.aborted && status === 0) return
    if (status >= 200 && status < 300) {
      this.#log.info({ webhook: this.webhook.name, event: id, type: delivery.type, status, attempt: delivery.attempts + 1 }, 'webhook delivered')
      await this.#mailbox.remove(id)
    } else await this.#fail(delivery, { status, retryAfterMs }, detail)
  }

  #post (delivery: Delivery): Promise<Answer & { readonly detail?: string }> {
    return post(this.webhook, delivery, { timeoutMs: this.#timeoutMs, signal: this.#closing.signal })
      .catch((error: NodeJS.ErrnoException) => ({ status: 0, retryAfterMs: null, detail: error.message || (error.code ?? 'no answer') }))
  }

  async #fail (delivery: Delivery, { status, retryAfterMs }: Answer, detail?: string): Promise<void> {
    const { id, type, attempts } = delivery
    const line = { webhook: this.webhook.name, receiver: this.webhook.url.host, event: id, type, attempt: attempts + 1, ...detail === undefined ? { status } : { detail } }
    if (status === GONE) {
      this.#isGone = true
      return this.#log.error(line, 'webhook off until the next start: its receiver is gone for good (410)')
    }
    const delay = this.#delaysMs[attempts]
    if (delay === undefined) {
      this.#log.error(line, 'webhook given up: the event lies in failed/')
      return this.#mailbox.setAside(id)
    }
    const wish = BUSY.has(status) ? Math.min(retryAfterMs ?? 0, MAX_WISH_MS) : 0
    if (wish > 0) this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + wish)
    const nextAt = Date.now() + Math.max(wish, Math.round(delay * (1 - JITTER + 2 * JITTER * Math.random())))
    this.#log.warn({ ...line, nextAt: new Date(nextAt).toISOString() }, 'webhook not delivered')
    await this.#mailbox.postpone(delivery, nextAt)
  }
}
