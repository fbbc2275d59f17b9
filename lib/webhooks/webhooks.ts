import { join } from 'node:path'
import type { BaseLogger } from 'pino'
import { AppError } from '../errors.ts'
import { Chores } from '../jobs/chores.ts'
import { isFinal, type JobRecord } from '../jobs/record.ts'
import type { JobRegistry } from '../jobs/registry.ts'
import { Courier, type CourierOptions } from './courier.ts'
import { jobEvent } from './events.ts'
import { Mailbox } from './mailbox.ts'
import { Promises } from './promises.ts'
import type { Webhook } from './webhook.ts'

const MAX_PENDING = 10_000

export interface WebhooksOptions extends CourierOptions {
  /** One folder a webhook below it, `.jobs` beside them; not made where there is no webhook. */
  readonly folder: string
  readonly webhooks: readonly Webhook[]
  /** In front of the paths of links. */
  readonly publicUrl: string
  /** How many events may wait for one receiver. */
  readonly max?: number
  readonly log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
}

/** Tells what becomes of jobs to every receiver that wants it: ends at least once, also across a kill; the rest as it is seen. */
export class Webhooks {
  readonly couriers: readonly Courier[]
  readonly #options: WebhooksOptions
  readonly #promises: Promises | null
  readonly #chores: Chores

  constructor (options: WebhooksOptions, couriers: readonly Courier[]) {
    this.couriers = couriers
    this.#options = options
    this.#promises = couriers.length === 0 ? null : new Promises(join(options.folder, '.jobs'))
    this.#chores = new Chores(options.log)
  }

  /** Finds what earlier processes left to be told; nothing is sent before `start`. */
  static async open (options: WebhooksOptions): Promise<Webhooks> {
    const couriers: Courier[] = []
    for (const webhook of options.webhooks) {
      const mailbox = await Mailbox.open({ folder: join(options.folder, webhook.name), max: options.max ?? MAX_PENDING, log: options.log })
      couriers.push(new Courier(webhook, mailbox, options))
    }
    return new Webhooks(options, couriers)
  }

  /** Hears of each change of a job, before `start` too; never throws. */
  notice (record: JobRecord): void {
    const hasEnded = isFinal(record.state)
    if (!this.#promises || (record.intent && !hasEnded)) return // that it is being stopped is no event
    if (!hasEnded) this.#promise(record.ticket)
    this.#chores.persist(record.ticket, async () => {
      const event = jobEvent(record, this.#options.publicUrl)
      await Promise.all(this.couriers.map((courier) => courier.tell(event)))
      if (hasEnded) this.#promises?.keep(record.ticket)
    })
  }

  /** Tells the ends that an earlier process promised and did not come to tell, and begins to send. */
  async start (jobs: JobRegistry): Promise<void> {
    for (const { ticket } of this.#promises ? jobs.live : []) this.#promise(ticket)
    for (const ticket of this.#promises?.tickets ?? []) {
      const record = await jobs.get(ticket).catch(unlessMissing)
      if (!record) this.#promises?.keep(ticket)
      else if (isFinal(record.state)) this.notice(record)
    }
    for (const courier of this.couriers) courier.start()
  }

  async close (): Promise<void> {
    this.#chores.close()
    await Promise.all(this.couriers.map((courier) => courier.close()))
  }

  #promise (ticket: string): void {
    try {
      this.#promises?.add(ticket)
    } catch (err) {
      this.#options.log.error({ err, ticket }, 'a kill of the service may now lose the webhook of this job\'s end')
    }
  }
}

function unlessMissing (error: unknown): undefined {
  if (!(error instanceof AppError)) throw error
}
