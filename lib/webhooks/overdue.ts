import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { BaseLogger } from 'pino'
import { backedUpServers, type GoodBackup, newestBackup } from '../barman/backups.ts'
import type { Host } from '../barman/host.ts'
import { replaceFile } from '../files.ts'
import type { Courier } from './courier.ts'
import { overdueEvent } from './events.ts'
import { wants } from './webhook.ts'

const FIRST_MS = 5 * 60_000
const EVERY_MS = 15 * 60_000
const AGAIN_MS = 24 * 3_600_000 // while it lasts, it is told once a day

/** What one receiver knows of one server. */
const Known = Type.Object({
  /** When we first saw the server: from then on one without any backup is waited for. */
  seenAt: Type.Integer(),
  backupId: Type.Union([Type.String(), Type.Null()]),
  told: Type.Integer(),
  toldAt: Type.Integer()
})
type Known = Static<typeof Known>
const State = Type.Record(Type.String(), Known)

export interface OverdueOptions {
  readonly hosts: ReadonlyMap<string, Host>
  readonly couriers: readonly Courier[]
  /** Of the webhooks: each keeps its `overdue.json` there. */
  readonly folder: string
  readonly publicUrl: string
  readonly readTimeoutMs: number
  readonly log: Pick<BaseLogger, 'warn' | 'error'>
  readonly now?: () => number
}

interface Look { readonly host: string, readonly server: string, readonly newest: GoodBackup | null }
/** The servers of each host that told them. */
type Listed = Map<string, readonly string[]>

/** Watches for the backup that never ran: looks at each server's newest good one now and then, one server at a time. */
export class OverdueWatch {
  readonly #options: OverdueOptions
  readonly #couriers: readonly Courier[]
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor (options: OverdueOptions) {
    this.#options = options
    this.#couriers = options.couriers.filter(({ webhook }) => webhook.overdueMs > 0 && wants({ ...webhook, servers: [] }, { type: 'backup.overdue', servers: [] }))
  }

  start (): void {
    if (this.#couriers.length > 0) this.#later(FIRST_MS)
  }

  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  /** Looks at every server once, and tells whose backup is overdue. What cannot be read is neither overdue nor well: the log says so. */
  async check (): Promise<void> {
    if (this.#couriers.length === 0) return
    const looks: Look[] = []
    const listed: Listed = new Map()
    for (const host of this.#options.hosts.values()) {
      const servers = await this.#serversOf(host)
      if (servers) listed.set(host.name, servers)
      for (const server of servers ?? []) {
        const newest = this.#isClosed ? undefined : await this.#newestOf(host, server)
        if (newest !== undefined) looks.push({ host: host.name, server, newest })
      }
    }
    for (const courier of this.#couriers) if (!this.#isClosed) await this.#tell(courier, looks, listed)
  }

  #later (ms: number): void {
    this.#timer = setTimeout(() => {
      this.check().catch((err: unknown) => this.#options.log.error({ err }, 'overdue backups could not be told; trying again')).finally(() => {
        if (!this.#isClosed) this.#later(EVERY_MS)
      })
    }, ms).unref()
  }

  async #serversOf (host: Host): Promise<readonly string[] | undefined> {
    return backedUpServers(host, this.#options.readTimeoutMs).catch((err: unknown) => {
      this.#options.log.warn({ err, host: host.name }, 'nobody can say whether backups are overdue: Barman does not list its servers')
      return undefined
    })
  }

  async #newestOf (host: Host, server: string): Promise<GoodBackup | null | undefined> {
    return newestBackup(host, server, this.#options.readTimeoutMs).catch((err: unknown) => {
      this.#options.log.warn({ err, host: host.name, server }, 'nobody can say whether the backup is overdue: Barman does not list it')
      return undefined
    })
  }

  async #tell (courier: Courier, looks: readonly Look[], listed: Listed): Promise<void> {
    const file = join(this.#options.folder, courier.webhook.name, 'overdue.json')
    const before = await this.#read(file)
    const after = Object.fromEntries(Object.entries(before).filter(([key]) => !isGone(key, listed)))
    for (const look of looks) {
      const key = keyOf(look.host, look.server)
      after[key] = await this.#judge(courier, look, before[key])
    }
    if (JSON.stringify(after) !== JSON.stringify(before)) await replaceFile(file, JSON.stringify(after) + '\n')
  }

  /** What the receiver knows after this look; the event is on disk before, so that a kill in between tells it twice, under one id. */
  async #judge (courier: Courier, { host, server, newest }: Look, known: Known | undefined): Promise<Known> {
    const now = this.#options.now?.() ?? Date.now()
    const backupId = newest?.id ?? null
    const fresh = { seenAt: known?.seenAt ?? now, backupId, told: 0, toldAt: 0 }
    const isOverdue = now - (newest?.finishedAt.getTime() ?? fresh.seenAt) > courier.webhook.overdueMs
    if (!isOverdue) return fresh
    const { told, toldAt } = known?.backupId === backupId ? known : fresh
    if (told > 0 && now - toldAt < AGAIN_MS) return { ...fresh, told, toldAt }
    const overdueHours = courier.webhook.overdueMs / 3_600_000
    await courier.tell(overdueEvent({ host, server, backupId, finishedAt: newest?.finishedAt.toISOString() ?? null, overdueHours, told }, this.#options.publicUrl, now))
    return { ...fresh, told: told + 1, toldAt: now }
  }

  /** Where it is missing or damaged, what is overdue is told again. */
  async #read (file: string): Promise<Record<string, Known>> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return '{}'
    })
    try {
      const state: unknown = JSON.parse(text)
      if (Value.Check(State, state)) return state
    } catch (err) {
      this.#options.log.warn({ err, file }, 'what was told of overdue backups cannot be read')
    }
    return {}
  }
}

/** Names may hold anything but a line's end. */
function keyOf (host: string, server: string): string {
  return `${host}\n${server}`
}

/** Only a host that told its servers can have lost one. */
function isGone (key: string, listed: Listed): boolean {
  const [host = '', server = ''] = key.split('\n')
  return listed.get(host)?.includes(server) === false
}
