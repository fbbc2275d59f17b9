import { parseArgs, type ParseArgsConfig } from 'node:util'
import { closest } from '../../barman/closest.ts'
import { WrongCall } from './exits.ts'

/** How the service is reached: options that each word of the client takes. */
export const CONNECTION_FLAGS = {
  url: { type: 'string' },
  token: { type: 'string' },
  user: { type: 'string' },
  'password-stdin': { type: 'boolean' },
  ca: { type: 'string' },
  profile: { type: 'string' },
  'give-up': { type: 'string' },
  help: { type: 'boolean', short: 'h' }
} as const satisfies ParseArgsConfig['options']

export const RUN_FLAGS = { ...CONNECTION_FLAGS, wait: { type: 'boolean' }, json: { type: 'boolean' }, 'idempotency-key': { type: 'string' } } as const
export const JOBS_FLAGS = {
  ...CONNECTION_FLAGS,
  state: { type: 'string' },
  server: { type: 'string' },
  command: { type: 'string' },
  past: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' }
} as const
export const LOGS_FLAGS = { ...CONNECTION_FLAGS, follow: { type: 'boolean', short: 'f' } } as const

export type ConnectionFlags = ReturnType<typeof readFlags<typeof CONNECTION_FLAGS>>['values']

type Flags = NonNullable<ParseArgsConfig['options']>

/** Reads options and words, or throws a WrongCall that names the closest option. */
export function readFlags<T extends Flags> (args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    const name = /^Unknown option '--([^']+)'/.exec((error as Error).message)?.[1] // parseArgs throws nothing else
    const near = name === undefined ? null : closest(name, Object.keys(options))
    throw new WrongCall(name === undefined ? (error as Error).message : `there is no option --${name}${near ? `; did you mean --${near}?` : ''}`)
  }
}

/** Splits a call at the command: what stands before it is ours, what follows is Barman's. */
export function splitAtCommand (args: readonly string[], options: Flags): { ours: readonly string[], words: readonly string[] } {
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  const at = tokens.find(({ kind }) => kind !== 'option')?.index ?? args.length
  return { ours: args.slice(0, at), words: args.slice(at) }
}
