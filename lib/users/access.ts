import type { Scope } from '../../schemas/user.ts'
import { globMatches } from './globs.ts'
import { covers, restOf, type Segments, segmentsOf } from './paths.ts'
import type { Rights } from './user.ts'

/** What a call needs, decided on the matched route and the canonical command, never on the raw URL. */
export interface Access {
  /** Such as `barman/backup`, `config/barman`, `auth/user/list`, with or without `hosts/NAME/` in front. */
  readonly path: string
  /** Other paths of the same thing: `barman/restore` beside `barman/recover`. */
  readonly aliases?: readonly string[]
  readonly scopes: readonly Scope[]
  /** The host it runs on, also when that is the default one. Without it a `deny` for any one host counts, and an `access` for one does not. */
  readonly host?: string
}

/** Yes, or no with a reason that the caller may be told. */
export type Decision = { readonly allowed: true } | { readonly allowed: false, readonly because: string }

/** The one yes. */
export const ALLOWED: Decision = { allowed: true }

/** Scopes, then `deny`, then `access`: one alias denied denies all, one alias open opens all, empty `access` opens everything. */
export function mayCall (user: Rights, { path, aliases = [], scopes, host }: Access): Decision {
  const missing = scopes.filter((scope) => !user.scopes.includes(scope))
  if (missing.length > 0) return refuse(`this needs the scope ${missing.join(' and ')}`)
  const paths = [path, ...aliases].map((name) => withHost(segmentsOf(name), host))
  const denied = user.deny.map(segmentsOf).some((entry) => paths.some((path) => covers(entry, path) || coversSomewhere(entry, path)))
  if (denied) return refuse('`deny` of this user closes it')
  const isOpen = user.access.length === 0 || user.access.map(segmentsOf).some((entry) => paths.some((path) => covers(entry, path)))
  return isOpen ? ALLOWED : refuse('`access` of this user does not open it')
}

/** True if the user may see the server, in parameters, lists and jobs. */
export function maySee (user: Pick<Rights, 'servers'>, server: string): boolean {
  return user.servers === null || user.servers.some((glob) => globMatches(glob, server))
}

/** A no with its reason. */
export function refuse (because: string): Decision {
  return { allowed: false, because }
}

function withHost (path: Segments, host: string | undefined): Segments {
  return host === undefined || path[0] === 'hosts' ? path : ['hosts', host.toLowerCase(), ...path]
}

/** An entry for one host, and a path that does not say its host. */
function coversSomewhere (entry: Segments, path: Segments): boolean {
  return entry.length > 2 && path[0] !== 'hosts' && covers(restOf(entry), path)
}
