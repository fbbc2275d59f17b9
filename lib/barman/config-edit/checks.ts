import type { Scope } from '../../../schemas/user.ts'
import { mergeFiles } from '../../dialect/barman-files.ts'
import { AppError } from '../../errors.ts'
import { maySee } from '../../users/access.ts'
import type { User } from '../../users/user.ts'
import type { Change } from './changes.ts'
import { scopeOfKey } from './keys.ts'
import { kindIn } from './kind.ts'
import type { Wanted } from './texts.ts'
import type { ConfigTree, TreeFile } from './tree.ts'

/** A scope beside `config`, and the key or section that needs it. */
export interface Need { readonly scope: Scope, readonly what: string }

/** What an edit says of itself. */
export interface Claim {
  readonly sections: readonly string[]
  /** Whatever comes of it. */
  readonly needs?: readonly Need[]
  readonly wanted?: readonly Wanted[]
}

/** What the keys themselves need, whether their values differ or not. */
export function needsOf (wanted: readonly Wanted[]): Need[] {
  return wanted.flatMap(({ section, key }) => needOf(section, key))
}

/** Only sections that the user sees: the others do not exist, `unknown-server`. */
export function checkSections (tree: ConfigTree, sections: readonly string[], user: User): void {
  const merged = mergeFiles(tree.files, tree.dialect)
  for (const section of sections) {
    const kind = kindIn(merged, section)
    if (kind === null || (kind === 'server' && !maySee(user, section))) throw new AppError('unknown-server', `There is no section ${section}`)
    if (kind !== 'server') checkSeesAll(user)
  }
}

/** `[barman]`, models and versions concern all servers; or throws `forbidden`. */
export function checkSeesAll (user: User): void {
  if (user.servers !== null) throw new AppError('forbidden', 'this is for users who see every server')
}

/** By what really changes, whatever was asked; a section that goes as a whole needs `destroy`, for its backups are forgotten. */
export function checkScopes (user: User, { needs = [] }: Claim, before: ConfigTree, after: ConfigTree, changes: readonly Change[]): void {
  const [was, is] = [before, after].map(({ files }) => new Set(files.flatMap(({ document }) => document.sections.map(({ name }) => name)))) as [Set<string>, Set<string>] // two in, two out
  const found = changes.flatMap(({ section, key }) => was.has(section) && !is.has(section) ? [{ scope: 'destroy' as const, what: section }] : needOf(section, key))
  const missing = new Map([...needs, ...found].filter(({ scope }) => !user.scopes.includes(scope)).map((need) => [`${need.scope} ${need.what}`, need]))
  if (missing.size === 0) return
  const errors = [...missing.values()].map(({ scope, what }) => ({ pointer: `/${what.replaceAll('~', '~0').replaceAll('/', '~1')}`, detail: `needs the scope ${scope}` }))
  throw new AppError('forbidden', `this needs the scope ${[...new Set([...missing.values()].map(({ scope }) => scope))].join(' and ')}`, { errors })
}

function needOf (section: string, key: string): Need[] {
  const scope = scopeOfKey(key)
  return scope === null ? [] : [{ scope, what: `${section}.${key}` }]
}

/** What was asked must count now, and nothing else may change but by reference. */
export function checkEffect ({ wanted, sections }: Claim, changes: readonly Change[], next: ConfigTree): void {
  const merged = mergeFiles(next.files, next.dialect)
  for (const { section, key, value } of wanted ?? []) {
    const option = merged.sections.get(section)?.get(key)
    if (option?.entry.value !== (value ?? undefined)) throw new AppError('unsafe-change', `${section}.${key} would still be as ${option?.source ?? 'no file'} has it`)
  }
  const stray = changes.find(({ section }) => !sections.includes(section))
  if (stray) throw new AppError('unsafe-change', `${stray.section}.${stray.key} would change too: this must be done by hand`)
}

/** Or throws `unsafe-change`. */
export function checkEditable ({ path, isAutomatic, isText, document }: TreeFile): void {
  if (isAutomatic) throw new AppError('unsafe-change', `${path} is Barman's own: use the command config-update`)
  if (!isText) throw new AppError('unsafe-change', `${path} is not UTF-8: it must be mended by hand`)
  if (document.faults.length > 0) throw new AppError('unsafe-change', `${path} has faults, which must be mended by hand first`)
}
