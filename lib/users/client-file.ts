import ini from 'ini'
import { type Scope, SCOPES } from '../../schemas/user.ts'
import { formatList, parseList } from '../config/lists.ts'
import { addSection, type IniLine, readLines, removeKey, removeSection, setKey } from '../dialect/ini-lines.ts'
import { StartError } from '../errors.ts'
import { type Fields, faultsOf } from './fields.ts'
import { isHash, isLegacy } from './password.ts'
import type { Rights, User } from './user.ts'

/** A user with his password as client.conf keeps it: hashed, wrapped, or a bare md5. */
export interface Account { readonly user: User, readonly password: string }

/** Accounts by name, in the order of the file. */
export type Accounts = ReadonlyMap<string, Account>

/** What an edit may set of an account. */
export type AccountChange = { readonly [Key in 'password' | 'ver' | keyof Rights]?: (Rights & { password: string, ver: number })[Key] | undefined }

/** A client.conf that cannot be trusted, with all its faults. */
export class ClientFileError extends StartError {
  readonly faults: readonly string[]

  constructor (faults: readonly string[]) {
    super(`client.conf: ${faults.join('; ')}`)
    this.faults = faults
  }
}

const KEYS = ['password', 'access', 'deny', 'scopes', 'servers', 'ver'] as const
const UNLESS_SAID = SCOPES.filter((scope) => scope !== 'exec')

/** Reads a client.conf in the order of the file. What could be a slip that widens rights (`dney = …`) is a fault: throws ClientFileError. */
export function readAccounts (text: string): Accounts {
  const lines = readLines(text)
  const faults = lines.flatMap((line, index) => strayFault(line, index + 1))
  const accounts = new Map<string, Account>()
  for (const name of new Set(lines.map(({ section }) => section))) {
    if (name === null) continue
    const body = lines.filter(({ section, kind }) => section === name && kind === 'key').map(({ text }) => text)
    accounts.set(name, readAccount(name, ini.parse(body.join('\n')), (fault) => faults.push(`[${name}] ${fault}`)))
  }
  if (faults.length > 0) throw new ClientFileError(faults)
  return accounts
}

/** The text with an account changed, or added at its end; all other bytes stay. `servers: null` removes the key. */
export function writeAccount (text: string, name: string, change: AccountChange): string {
  let next = addSection(text, name)
  for (const key of KEYS) {
    const value = change[key]
    if (value === null) next = removeKey(next, name, key)
    else if (value !== undefined) next = setKey(next, name, key, typeof value === 'object' ? formatList(value) : String(value))
  }
  return next
}

/** The text without the account. */
export function removeAccount (text: string, name: string): string {
  return removeSection(text, name)
}

function strayFault (line: IniLine, number: number): string[] {
  if (line.kind === 'junk') return [`line ${number} is neither a section, a key nor a comment`]
  if (line.kind === 'key' && line.section === null) return [`line ${number} stands above the first section`]
  return []
}

function readAccount (name: string, raw: Readonly<Record<string, unknown>>, report: (fault: string) => void): Account {
  for (const key of Object.keys(raw)) {
    if (!KEYS.some((known) => known === key)) report(`${JSON.stringify(key)} is not a key; there are ${KEYS.join(', ')}`)
  }
  const list = (key: keyof Rights) => readList(raw[key], (fault) => report(`${key}: ${fault}`))
  const fields = { name, access: list('access') ?? [], deny: list('deny') ?? [], scopes: list('scopes') ?? UNLESS_SAID, servers: list('servers') ?? null }
  reportFields(fields, report)
  const password = readPassword(raw['password'], report)
  const ver = readVer(raw['ver'], report)
  // reportFields looked at every scope; with a fault the account is thrown away
  const scopes = SCOPES.filter((scope) => fields.scopes.includes(scope)) as readonly Scope[]
  return Object.freeze({ user: Object.freeze({ ...fields, scopes, ver }), password })
}

function reportFields (fields: Fields, report: (fault: string) => void): void {
  for (const { pointer, detail } of faultsOf(fields)) report(`${pointer.slice(1).replace('/', ' ')} ${detail}`)
}

/** A list as text, as `key[]` lines, or as JSON in single quotes, all of which `ini` hands over in its own way. */
function readList (raw: unknown, report: (fault: string) => void): readonly string[] | undefined {
  if (raw === undefined) return undefined
  if (Array.isArray(raw) && raw.every((item) => typeof item === 'string')) return raw
  try {
    if (typeof raw === 'string') return parseList(raw)
    report("must be a list such as ['barman', 'history']")
  } catch (error) {
    report((error as Error).message) // parseList throws nothing else
  }
  return []
}

function readPassword (raw: unknown, report: (fault: string) => void): string {
  if (typeof raw === 'string' && (isHash(raw) || isLegacy(raw))) return raw
  report('password must be a hash; set it with `barmanapi user passwd`')
  return ''
}

function readVer (raw: unknown, report: (fault: string) => void): number {
  const ver = raw === undefined ? 0 : Number(typeof raw === 'string' && /^\d{1,16}$/.test(raw) ? raw : Number.isInteger(raw) ? raw : NaN)
  if (Number.isSafeInteger(ver) && ver >= 0) return ver
  report('ver must be a whole number')
  return 0
}
