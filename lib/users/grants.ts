import { ALLOWED, type Decision, refuse } from './access.ts'
import { globCovers } from './globs.ts'
import { begins, covers, overlap, type Segments, segmentsOf } from './paths.ts'
import type { Rights, User } from './user.ts'

/** What else the decision depends on. */
export interface Grant {
  /** A new password is being set. */
  readonly setsPassword?: boolean
  /** The actor gave the target's current password, and it was right. */
  readonly knowsPassword?: boolean
  /** Paths that are one thing under several names, such as `['barman/recover', 'barman/restore']`: what denies one denies all. */
  readonly aliases?: ReadonlyArray<readonly string[]>
}

/**
 * Whether the actor may turn `before` into `after` through the API; null before is a new user, null after a removed one.
 * Nobody grants, or edits a user who holds, a right that he lacks; nobody widens himself; `exec` is the local file's alone.
 */
export function mayGrant (actor: User, before: User | null, after: User | null, { setsPassword = false, knowsPassword = false, aliases = [] }: Grant = {}): Decision {
  const isSelf = before !== null && before.name === actor.name
  if (after?.scopes.includes('exec') && !before?.scopes.includes('exec')) return refuse('the scope exec is given in the local file only')
  if (before?.scopes.includes('exec')) {
    if (!isSelf || after === null || !sameRights(before, after)) return refuse('who holds the scope exec is changed in the local file only')
    if (setsPassword && !knowsPassword) return refuse('who holds the scope exec changes the own password with the current one')
    return ALLOWED
  }
  if (!isSelf && !actor.scopes.includes('users')) return refuse('other users are changed with the scope users')
  if (before !== null && !includes(actor, before, aliases)) return refuse('this user holds rights that you lack')
  if (after !== null && !includes(actor, after, aliases)) return refuse(isSelf ? 'nobody widens the own rights' : 'you can only grant rights that you hold')
  return ALLOWED
}

/** True if the narrow rights allow nothing that the wide ones do not; where that is hard to tell, a careful false. */
export function includes (wide: Rights, narrow: Rights, aliases: ReadonlyArray<readonly string[]> = []): boolean {
  return narrow.scopes.every((scope) => wide.scopes.includes(scope)) &&
    includesServers(wide.servers, narrow.servers) && includesPaths(reach(wide, aliases), reach(narrow, aliases))
}

function includesServers (wide: readonly string[] | null, narrow: readonly string[] | null): boolean {
  return wide === null || (narrow !== null && narrow.every((glob) => wide.some((other) => globCovers(other, glob))))
}

interface Reach { readonly access: readonly Segments[], readonly deny: readonly Segments[] }

function includesPaths (wide: Reach, narrow: Reach): boolean {
  return narrow.access.every((open) => {
    if (narrow.deny.some((closed) => covers(closed, open))) return true
    return wide.access.some((entry) => covers(entry, open)) &&
      wide.deny.every((closed) => !overlap(closed, open) || narrow.deny.some((entry) => closes(entry, closed)))
  })
}

/** A deny of `hosts/a/barman` also counts for calls that do not say their host, one of `hosts/a` does not: so that is no match for it. */
function closes (entry: Segments, closed: Segments): boolean {
  return covers(entry, closed) && (entry[0] !== 'hosts' || entry.length > 2 || closed.length <= 2)
}

/** Entries as segments, each alias beside its twin; empty `access` is the one entry that covers all. */
function reach ({ access, deny }: Rights, aliases: ReadonlyArray<readonly string[]>): Reach {
  const sets = aliases.map((set) => set.map(segmentsOf))
  const spread = (entries: readonly string[]) => entries.map(segmentsOf).flatMap((entry) => [entry, ...twins(entry, sets)])
  return { access: access.length === 0 ? [[]] : spread(access), deny: spread(deny) }
}

/** The entry under other names: `hosts/a/barman/recover/help` is `…/restore/help` too, and `config` closes whatever `config/barman/reload` is elsewhere. */
function twins (entry: Segments, sets: ReadonlyArray<readonly Segments[]>): Segments[] {
  const from = entry[0] === 'hosts' ? 2 : 0
  const [prefix, rest] = [entry.slice(0, from), entry.slice(from)]
  if (rest.length === 0) return [] // it covers every name as it is
  return sets.flatMap((set) => set.flatMap((own) => {
    if (!begins(own, rest) && !begins(rest, own)) return []
    return set.filter((name) => name !== own).map((name) => [...prefix, ...name, ...rest.slice(own.length)])
  }))
}

function sameRights (one: Rights, other: Rights): boolean {
  const text = ({ access, deny, scopes, servers }: Rights) => JSON.stringify([access, deny, scopes.toSorted(), servers])
  return text(one) === text(other)
}
