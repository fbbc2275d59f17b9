import { type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { AccessEntry, Password, Scope, SCOPES, ServerGlob, UserName } from '../../schemas/user.ts'
import { AppError, type InputFault } from '../errors.ts'

/** A user's properties before anything was checked. */
export interface Fields {
  readonly name?: string | undefined
  readonly password?: string | undefined
  readonly access?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
  readonly scopes?: readonly string[] | undefined
  readonly servers?: readonly string[] | null | undefined
}

const MIN_PASSWORD = 8 // characters, for all but the local command line
const MAX_ITEMS = 256

const ENTRY = 'must be a path in whole segments such as barman or auth/user/list, without wildcards'

const RULES: ReadonlyArray<readonly [keyof Fields, TSchema, string]> = [
  ['name', UserName, 'must be 1 to 64 letters, digits, . _ @ or -, and not begin with . or -'],
  ['password', Password, 'must be 1 to 1024 characters without control characters'],
  ['access', AccessEntry, ENTRY],
  ['deny', AccessEntry, ENTRY],
  ['scopes', Scope, `must be one of ${SCOPES.join(', ')}`],
  ['servers', ServerGlob, "must be a server's name, in which * and ? stand for others"]
]

/** Everything wrong with the fields that are there, each with a pointer to it. */
export function faultsOf (fields: Fields): InputFault[] {
  return RULES.flatMap(([name, schema, detail]) => {
    const value = fields[name]
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) return Value.Check(schema, value) ? [] : [{ pointer: `/${name}`, detail }]
    if (value.length > MAX_ITEMS) return [{ pointer: `/${name}`, detail: `must have at most ${MAX_ITEMS} items` }]
    return value.flatMap((item, index) => Value.Check(schema, item) ? [] : [{ pointer: `/${name}/${index}`, detail }])
  })
}

/** Throws `bad-request` with every fault; a password set through the API is of 8 characters at least. */
export function checkFields (fields: Fields, local: boolean): void {
  const errors = faultsOf(fields)
  const isShort = !local && fields.password !== undefined && [...fields.password].length < MIN_PASSWORD
  if (isShort) errors.push({ pointer: '/password', detail: `must have at least ${MIN_PASSWORD} characters` })
  if (errors.length > 0) throw new AppError('bad-request', 'the user cannot be written like that', { errors })
}
