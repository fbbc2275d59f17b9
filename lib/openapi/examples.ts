import { isTarget, type CompiledCommand } from '../barman/compile.ts'
import type { Parameter } from '../barman/parameter.ts'
import type { ValueType } from '../barman/values.ts'

/** One good value of each kind; they work in the demo, where `main` is a server and has a backup. */
const VALUES: Readonly<Record<ValueType, string>> = {
  text: 'text',
  server: 'main',
  model: 'main:standby',
  'backup-id': 'latest',
  'backup-name': 'before-upgrade',
  'wal-name': '000000010000000000000001',
  'wal-segment': '000000010000000000000001',
  path: '/var/lib/barman/exchange',
  'relative-path': 'recovery.conf',
  'target-time': '2026-01-31 02:00:00+00:00',
  timeline: 'latest',
  lsn: '0/3000060',
  'transaction-id': '745',
  'restore-point': 'before-upgrade',
  tablespace: 'archive:/var/lib/postgresql/archive',
  size: '30Gi',
  task: 'receive-wal',
  'config-changes': '[{"scope":"server","server_name":"main","minimum_redundancy":"1"}]'
}

/** What a command makes sense with, beyond what it cannot do without. By each name that it has or had. */
const EXTRAS: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map<string, Record<string, unknown>>([
  ['keep', { target: 'full' }],
  ['put-wal', { test: true }],
  ['receive-wal', { stop: true }],
  ['restore', { api_target: 'demo' }]
])

/** Whether a call without this parameter is refused. */
export function isNeeded (parameter: Parameter): boolean {
  return parameter.isRequired && !isTarget(parameter)
}

/** A good value of a parameter. */
export function exampleOf ({ shape, choices, type, minimum }: Parameter): unknown {
  if (shape === 'flag') return true
  const value = choices?.[0] ?? (type === 'integer' ? minimum : VALUES[type])
  return shape === 'list' ? [value] : value
}

/** A call that works: all that is needed, and what makes it sensible. */
export function exampleCall ({ parameters, apiParameters, names }: CompiledCommand): Record<string, unknown> {
  const needed = parameters.filter(isNeeded).map((parameter) => [parameter.name, exampleOf(parameter)])
  const known = new Set([...parameters, ...apiParameters].map(({ name }) => name))
  const extras = names.flatMap((name) => Object.entries(EXTRAS.get(name) ?? {})).filter(([name]) => known.has(name))
  return Object.fromEntries([...needed, ...extras])
}
