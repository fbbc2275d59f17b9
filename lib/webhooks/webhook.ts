import type { WebhookSettings } from '../config/schema.ts'
import { globMatches } from '../users/globs.ts'
import { namesLocal } from './address.ts'
import { EVENT_TYPES, type Event } from './events.ts'
import { readSecrets } from './signature.ts'

const NAME = /^[A-Za-z0-9][\w-]{0,63}$/ // it becomes a folder's

/** One receiver of events. */
export interface Webhook {
  readonly name: string
  readonly url: URL
  readonly secrets: readonly Buffer[]
  /** Globs of types. */
  readonly events: readonly string[]
  /** Globs of servers; empty for all, and for what is about none. */
  readonly servers: readonly string[]
  readonly allowLocal: boolean
  /** The age of a server's newest good backup after which it is overdue; 0 for never. */
  readonly overdueMs: number
}

/** What keeps a `[webhook NAME]` from working, each fault with its key in front. */
export function webhookFaults (name: string, { url, secret, events, allow_local: allowLocal }: WebhookSettings): string[] {
  const secrets = readSecrets(secret)
  const unknown = events.filter((glob) => !EVENT_TYPES.some((type) => globMatches(glob, type)))
  return [
    ...NAME.test(name) ? [] : ['has a name that is not of letters, digits, _ and -, at most 64'],
    ...urlFaults(url, allowLocal).map((fault) => `url ${fault}`),
    ...'fault' in secrets ? [`secret ${secrets.fault}`] : [],
    ...unknown.map((glob) => `events: ${glob} matches none of ${EVENT_TYPES.join(', ')}`)
  ]
}

/** The receiver that faultless settings describe. */
export function webhookOf (name: string, settings: WebhookSettings): Webhook {
  const secrets = readSecrets(settings.secret)
  const { url, events, servers, allow_local: allowLocal, overdue_hours: hours } = settings
  return { name, url: new URL(url), secrets: 'fault' in secrets ? [] : secrets, events, servers, allowLocal, overdueMs: hours * 3_600_000 }
}

/** Whether it wants to be told of events of that type about these servers. */
export function wants ({ events, servers }: Webhook, { type, servers: about }: Pick<Event, 'type' | 'servers'>): boolean {
  return events.some((glob) => globMatches(glob, type)) &&
    (servers.length === 0 || about.some((server) => servers.some((glob) => globMatches(glob, server))))
}

function urlFaults (text: string, allowLocal: boolean): string[] {
  if (!URL.canParse(text) || !/^https?:/.test(text)) return ['is required: https://… or http://…']
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return ['has a user or a password: the signature says who sends']
  return !allowLocal && namesLocal(url) ? ['is a loopback or link-local address, which takes allow_local = true'] : []
}
