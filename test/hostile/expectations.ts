import type { CompiledCommand } from '../../lib/barman/compile.ts'
import type { Parameter } from '../../lib/barman/parameter.ts'

type Type = Parameter['type']

/** A good value of each type. */
const GOOD: Readonly<Record<Type, string | number>> = {
  text: 'text',
  server: 'main',
  model: 'main:standby',
  'backup-id': '20260131T020000',
  'backup-name': 'nightly',
  'wal-name': '000000010000000000000001',
  'wal-segment': '000000010000000000000001',
  path: '/srv/x',
  'relative-path': 'x.conf',
  'target-time': '2026-01-31 02:00:00+02:00',
  timeline: '1',
  lsn: '0/3000060',
  'transaction-id': '1',
  'restore-point': 'before',
  tablespace: 'space:/srv/space',
  size: '1Gi',
  task: 'receive-wal',
  'config-changes': '[]',
  integer: 1
}

/** Types whose values are words of a small language: not one hostile text is one of them, but for these. */
const STRICT: Readonly<Partial<Record<Type, readonly string[]>>> = {
  'wal-name': [],
  'wal-segment': [],
  'target-time': [],
  timeline: ['20260131'],
  lsn: [],
  size: ['20260131', '4294967296'],
  'transaction-id': ['20260131', '4294967296', '9007199254740993'],
  task: ['a', 'fail', 't-f', 'st-failed', 'ast', 'main', 'null', 'undefined', 'nil', 'yes', 'no', 'on', 'off', 't', 'f', 'y', 'n', 'enabled', 'tomorrow', 'constructor', 'prototype', 'barman', 'con'],
  'config-changes': ['[]']
}

/** Types that take names of one's own, of these characters only. */
const ALPHABETS: Readonly<Partial<Record<Type, RegExp>>> = {
  'backup-id': /^[A-Za-z0-9_.:@+ -]+$/,
  'backup-name': /^[A-Za-z0-9_.:@+ -]+$/,
  model: /^[A-Za-z0-9_.:@+-]+$/,
  'relative-path': /^[A-Za-z0-9_.+/-]+$/
}

/** Whether a text may pass: true for the few that are good, false for what must be refused, null where it is free text that may do either. */
export function mayPass ({ shape, type, choices, minimum, maximum }: Parameter, text: string): boolean | null {
  if (shape === 'flag' || (shape === 'optional' && text === '')) return text === ''
  if (choices !== null) return choices.includes(text)
  if (text === '') return false
  if (type === 'integer') return /^[1-9]\d*$/.test(text) && Number(text) >= minimum && Number(text) <= maximum ? null : false // a number in a query, no number in a body
  if (ALPHABETS[type]?.test(text) === false) return false
  const exceptions = STRICT[type]
  return exceptions === undefined ? null : exceptions.includes(text)
}

/** Whether a JSON value that is no text may pass. */
export function mayPassAsJson ({ shape, type, choices, minimum, maximum, isRequired }: Parameter, value: unknown): boolean {
  if (shape === 'flag') return typeof value === 'boolean'
  if (shape === 'optional' && value === true) return true
  if (shape === 'list') return Array.isArray(value) && value.length === 0 && !isRequired
  if (choices !== null) return false
  if (type === 'timeline') return Number.isSafeInteger(value) && Number(value) > 0 && Number(value) < 2 ** 32
  return type === 'integer' && Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum
}

/** Good values for all that a command needs beside one parameter: what is required, and the positionals before it. */
export function companions ({ parameters }: CompiledCommand, parameter: Parameter): ReadonlyArray<readonly [Parameter, string | number]> {
  const positionals = parameters.filter(({ source }) => source === 'positional')
  const place = positionals.indexOf(parameter)
  const isGiven = ({ policy }: Parameter) => parameter.name === 'api_target' && policy.target !== undefined
  return positionals.filter((other, index) => other !== parameter && !isGiven(other) && (other.isRequired || index < place)).map((other) => [other, good(other)])
}

/** The words that barman must be given, written out anew: one unchanged word for the value, wherever it stands. */
export function wordsFor (compiled: CompiledCommand, parameter: Parameter, text: string): string[] {
  const given = new Map<Parameter, string>(companions(compiled, parameter).map(([other, value]) => [other, String(value)]))
  if (parameter.source === 'positional') given.set(parameter, text)
  const positionals = compiled.parameters.flatMap((other) => given.get(other) ?? [])
  const option = parameter.source === 'option' ? [text === '' ? String(parameter.word) : `${parameter.word}=${text}`] : []
  return [compiled.command.name, ...option, ...positionals.length > 0 ? ['--', ...positionals] : []]
}

function good ({ choices, type, minimum }: Parameter): string | number {
  return choices?.[0] ?? (type === 'integer' ? Math.max(1, minimum) : GOOD[type])
}
