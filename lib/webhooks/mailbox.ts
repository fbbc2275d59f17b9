import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { BaseLogger } from 'pino'
import { replaceFile, syncFolder } from '../files.ts'
import type { Event } from './events.ts'

const MAX_FAILED = 1000

/** An event on its way to one receiver, as it lies on disk. */
const Delivery = Type.Object({
  v: Type.Literal(1),
  id: Type.String({ pattern: '^evt_[\\w-]{1,100}$' }),
  type: Type.String(),
  body: Type.String(),
  createdAt: Type.String(),
  /** Those that failed. */
  attempts: Type.Integer({ minimum: 0 }),
  nextAt: Type.Integer()
})
export type Delivery = Static<typeof Delivery>

const check = TypeCompiler.Compile(Delivery)

export interface MailboxOptions {
  /** Holds `pending/` and `failed/`. */
  readonly folder: string
  /** How many may wait; beyond that the oldest is dropped. */
  readonly max: number
  readonly log: Pick<BaseLogger, 'warn' | 'error'>
}

/** What one receiver is still to be told, one file an event, and what was given up. */
export class Mailbox {
  readonly #options: MailboxOptions
  /** Oldest first; bodies stay on disk. */
  readonly #pending = new Map<string, { readonly attempts: number, readonly nextAt: number }>()

  constructor (options: MailboxOptions) {
    this.#options = options
  }

  /** Finds again what an earlier process left. */
  static async open (options: MailboxOptions): Promise<Mailbox> {
    const mailbox = new Mailbox(options)
    for (const name of ['pending', 'failed']) await mkdir(join(options.folder, name), { recursive: true, mode: 0o700 })
    const found: Delivery[] = []
    for (const name of await readdir(join(options.folder, 'pending'))) {
      const delivery = await mailbox.#read(name)
      if (delivery) found.push(delivery)
      else if (name.endsWith('.tmp')) await rm(join(options.folder, 'pending', name), { force: true })
      else options.log.warn({ file: join(options.folder, 'pending', name) }, 'file left aside: it holds no delivery')
    }
    found.sort((a, b) => a.createdAt < b.createdAt ? -1 : 1)
    for (const { id, attempts, nextAt } of found) mailbox.#pending.set(id, { attempts, nextAt })
    return mailbox
  }

  /** What waits, oldest first, with when it is due (ms since the epoch). */
  get pending (): ReadonlyMap<string, { readonly nextAt: number }> {
    return this.#pending
  }

  /** Takes an event in: once this resolves a crash does not lose it. One that waits already is taken once. */
  async add ({ id, type, body }: Event): Promise<void> {
    if (this.#pending.has(id)) return
    while (this.#pending.size >= this.#options.max) await this.#drop()
    await this.#save({ v: 1, id, type, body, createdAt: new Date().toISOString(), attempts: 0, nextAt: Date.now() })
  }

  /** The delivery as it lies on disk; null where somebody took it away. */
  async get (id: string): Promise<Delivery | null> {
    const delivery = await this.#read(`${id}.json`)
    if (!delivery) this.#pending.delete(id)
    return delivery
  }

  /** Counts a failed attempt and says when to try again; where that cannot be written it holds for this process. */
  async postpone (delivery: Delivery, nextAt: number): Promise<void> {
    if (!this.#pending.has(delivery.id)) return // dropped meanwhile
    this.#pending.set(delivery.id, { attempts: delivery.attempts + 1, nextAt })
    await this.#save({ ...delivery, attempts: delivery.attempts + 1, nextAt })
  }

  /** It was delivered. */
  async remove (id: string): Promise<void> {
    this.#pending.delete(id)
    await rm(this.#file(id), { force: true })
  }

  /** It was given up: kept in `failed/`, the newest of them. */
  async setAside (id: string): Promise<void> {
    this.#pending.delete(id)
    const folder = join(this.#options.folder, 'failed')
    await rename(this.#file(id), join(folder, `${id}.json`))
    await syncFolder(folder)
    const names = (await readdir(folder)).sort() // tickets sort by time, so jobs go by age
    for (const name of names.slice(0, Math.max(0, names.length - MAX_FAILED))) await rm(join(folder, name), { force: true })
  }

  async #drop (): Promise<void> {
    const [oldest = ''] = this.#pending.keys()
    this.#options.log.error({ event: oldest, max: this.#options.max }, 'event dropped: too many wait')
    await this.remove(oldest)
  }

  async #save (delivery: Delivery): Promise<void> {
    await replaceFile(this.#file(delivery.id), JSON.stringify(delivery) + '\n')
    this.#pending.set(delivery.id, { attempts: delivery.attempts, nextAt: delivery.nextAt })
  }

  async #read (name: string): Promise<Delivery | null> {
    try {
      const delivery: unknown = JSON.parse(await readFile(join(this.#options.folder, 'pending', name), 'utf8'))
      return check.Check(delivery) && name === `${delivery.id}.json` ? delivery : null
    } catch (error) {
      if (error instanceof SyntaxError || ['ENOENT', 'EISDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return null // node:fs threw it
      throw error
    }
  }

  #file (id: string): string {
    return join(this.#options.folder, 'pending', `${id}.json`)
  }
}
