import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Kind, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import ini from 'ini'
import { closest } from '../barman/closest.ts'
import { parseOverrides } from '../barman/policy-overrides.ts'
import { webhookFaults } from '../webhooks/webhook.ts'
import { parseList } from './lists.ts'
import { type Config, ConfigSchema, TargetSchema, WebhookSchema, type WebhookSettings } from './schema.ts'

export const DEFAULT_FILE = '/etc/barmanapi.conf'

/** All faults of a configuration in one message, each with section, key and what was expected. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor (file: string, faults: readonly string[]) {
    super(`${file}: ${faults.length === 1 ? faults[0] : `${faults.length} faults\n  ${faults.join('\n  ')}`}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

export interface LoadOptions {
  readonly file: string
  /** The file may be missing: then every key has its default. */
  readonly optional?: boolean
  /** `BARMANAPI_<SECTION>_<KEY>` overrides a key, `…_FILE` names a file that holds its value. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Keys and their texts by section. */
export type Raw = Record<string, Record<string, string>>

/** Reads and checks barmanapi.conf, or throws a ConfigError with every fault. */
export function loadConfig ({ file, optional = false, env = {} }: LoadOptions): Config {
  const text = read(file, optional)
  const faults: string[] = []
  const raw = sections(text ?? '', faults)
  for (const [section, schema] of Object.entries(ConfigSchema.properties)) {
    if (schema[Kind] === 'Object') override(raw, section, Object.keys(schema.properties), env, faults)
  }
  const config = Object.fromEntries(Object.entries(ConfigSchema.properties).map(([section, schema]) =>
    [section, schema[Kind] === 'Object' ? checkSection(section, schema.properties, raw[section] ?? {}, faults) : raw[section] ?? {}]))
  const targets = named(raw, 'target', (section) => checkTarget(section, raw[section] ?? {}, faults))
  const webhooks = named(raw, 'webhook', (section, name) => {
    override(raw, section, Object.keys(WebhookSchema.properties), env, faults)
    return checkWebhook(section, name, raw[section] ?? {}, faults)
  })
  for (const section of Object.keys(raw)) {
    if (!/^(?:target|webhook) ./.test(section) && !Object.hasOwn(ConfigSchema.properties, section)) faults.push(`[${section}] is not a section${hint(section, Object.keys(ConfigSchema.properties))}`)
  }
  faults.push(...parseOverrides(raw['policy'] ?? {}).faults)
  if (faults.length > 0) throw new ConfigError(file, faults)
  // Every section was checked key by key against ConfigSchema just above.
  return { ...config, targets, webhooks, file: text === null ? null : resolve(file), log: raw['log'] ? config['log'] : null } as unknown as Config
}

function read (file: string, optional: boolean): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException // what node:fs throws
    if (code === 'ENOENT' && optional) return null
    throw new ConfigError(file, [code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'this account may not read it' : `cannot be read (${code})`])
  }
}

/** The file as sections of strings, indented or not, as the README of barmanapi 0.3 printed it; lone keys above the first section are faults. */
export function sections (text: string, faults: string[]): Raw {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n|\r/).map((line) => line.trim())
  faults.push(...lines.flatMap((line, index) => faultOfLine(line).map((fault) => `line ${index + 1}: ${fault}`)))
  const raw: Raw = {}
  for (const [section, keys] of Object.entries(ini.parse(lines.map(plainHeader).join('\n')))) {
    if (typeof keys !== 'object' || keys === null) {
      faults.push(`${section} stands above the first section`)
      continue
    }
    raw[section] = Object.fromEntries(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), value === null ? '' : String(value)]))
  }
  return raw
}

/** What `ini` would drop without a word: half a value, a line, a section. */
function faultOfLine (line: string): string[] {
  if (/^\[\s*__proto__\s*\]$|^__proto__\s*(=|$)/.test(line)) return ['__proto__ is no name']
  if (/^=/.test(line)) return ['a key is missing before =']
  const [, value, comment] = /^[^;#=[][^=]*=((?:\\.|[^\\;#])*)([;#].*)?$/.exec(line) ?? []
  if (value === undefined) return []
  const isQuoted = /^\s*("|')/.test(value)
  if (isQuoted) return /^\s*(".*"|'.*')$/.test(value + (comment ?? '')) ? [] : ['a value in quotes must end with them, and the line too']
  return comment === undefined || /\s$/.test(value) ? [] : ['; and # begin a comment: put a value that holds one in double quotes']
}

/** `ini` would nest sections at dots; here a name is a name. */
function plainHeader (line: string): string {
  return /^\[.*\]$/.test(line) ? line.replaceAll('.', '\\.') : line
}

function override (raw: Raw, section: string, keys: readonly string[], env: NonNullable<LoadOptions['env']>, faults: string[]): void {
  for (const key of keys) {
    const name = `BARMANAPI_${section}_${key}`.replaceAll(/\W/g, '_').toUpperCase()
    const file = env[`${name}_FILE`]
    try {
      const value = env[name] ?? (file === undefined ? undefined : readFileSync(file, 'utf8').trimEnd())
      if (value !== undefined) (raw[section] ??= {})[key] = value
    } catch {
      faults.push(`${name}_FILE names a file that cannot be read`)
    }
  }
}

function checkSection (section: string, keys: Record<string, TSchema>, raw: Record<string, string>, faults: string[]): Record<string, unknown> {
  for (const key of Object.keys(raw)) {
    if (!Object.hasOwn(keys, key)) faults.push(`[${section}] ${key} is not a key${hint(key, Object.keys(keys))}`)
  }
  return Object.fromEntries(Object.entries(keys).map(([key, schema]) => {
    const written = raw[key]?.trim() ?? ''
    if (written === '') return [key, schema['default']]
    try {
      const value = convert(schema, written)
      if (Value.Check(schema, value)) return [key, value]
      faults.push(`[${section}] ${key} must be ${expected(schema)}`)
    } catch (error) {
      faults.push(`[${section}] ${key}: ${(error as Error).message}`) // lists.ts throws Errors only
    }
    return [key, schema['default']]
  }))
}

function checkTarget (section: string, raw: Record<string, string>, faults: string[]): { directory: string, ssh_command: string } {
  const { directory = '', ssh_command: command = '' } = checkSection(section, TargetSchema.properties, raw, faults) as Record<string, string> // both are texts
  if (directory === '') faults.push(`[${section}] directory is required: an absolute path`)
  return { directory, ssh_command: command }
}

function checkWebhook (section: string, name: string, raw: Record<string, string>, faults: string[]): WebhookSettings {
  const before = faults.length
  const settings = checkSection(section, WebhookSchema.properties, raw, faults) as WebhookSettings // one value a key, as the schema has them
  if (faults.length === before) faults.push(...webhookFaults(name, settings).map((fault) => `[${section}] ${fault}`))
  return settings
}

/** The sections `[KIND NAME]` by their names. */
function named<T> (raw: Raw, kind: string, read: (section: string, name: string) => T): Map<string, T> {
  const sections = Object.keys(raw).filter((section) => section.startsWith(`${kind} `) && section.length > kind.length + 1)
  return new Map(sections.map((section) => [section.slice(kind.length + 1), read(section, section.slice(kind.length + 1))]))
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, yes: true, on: true, 1: true, false: false, no: false, off: false, 0: false }

function convert (schema: TSchema, written: string): unknown {
  if (schema[Kind] === 'Boolean') return BOOLEANS[written.toLowerCase()]
  if (schema[Kind] === 'Integer') return /^-?\d{1,15}$/.test(written) ? Number(written) : undefined
  return schema[Kind] === 'Array' ? parseList(written) : written
}

function expected (schema: TSchema): string {
  if (schema[Kind] === 'Boolean') return 'true or false'
  if (schema[Kind] === 'Integer') return `a whole number from ${schema['minimum']} to ${schema['maximum']}${schema['unit'] ? ` (${schema['unit']})` : ''}`
  if (schema['expected'] !== undefined) return schema['expected']
  if (schema[Kind] === 'Union') return (schema['anyOf'] as TSchema[]).map((choice) => choice['const']).join(' or ') // of literals, as in schema.ts
  return schema[Kind] === 'Literal' ? schema['const'] : schema['pattern'] === '^/' ? 'an absolute path' : 'shorter'
}

function hint (name: string, known: readonly string[]): string {
  const near = closest(name, known)
  return near ? `; did you mean ${near}?` : ''
}
