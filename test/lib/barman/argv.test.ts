import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { argv } from '../../../lib/barman/argv.ts'
import type { CompiledCommand } from '../../../lib/barman/compile.ts'
import { compileCatalogue } from '../../../lib/barman/compile.ts'
import type { Parameter } from '../../../lib/barman/parameter.ts'
import { readParameters, type Values } from '../../../lib/barman/parameters.ts'
import type { Value } from '../../../lib/barman/reading.ts'
import { applyTarget } from '../../../lib/barman/target.ts'
import { compiled, option, realCatalogue } from './policy-fixtures.ts'

const BARMAN = '/usr/bin/barman'
const globals = realCatalogue('3.4.0').globalOptions

t.test('options come before --, values after =, positionals last and in their order', async t => {
  const { values } = readParameters(compiled('3.4.0', 'recover'), {
    from: 'body',
    object: {
      destination_directory: '/srv/pg',
      backup_id: 'latest',
      server_name: 'main',
      tablespace: ['a:/x', 'b:/y'],
      jobs: 2,
      get_wal: true,
      target_time: '2026-01-31 02:00:00+02:00'
    }
  })
  t.same(argv(compiled('3.4.0', 'recover'), values, { globals, format: 'console' }), [
    '--color=never', 'recover', '--target-time=2026-01-31 02:00:00+02:00', '--tablespace=a:/x', '--tablespace=b:/y', '--jobs=2',
    '--get-wal', '--', 'main', 'latest', '/srv/pg'
  ])
})

t.test('before the command stands only what this Barman lists there', async t => {
  const listServers = compiled('3.4.0', 'list-servers')
  const surroundings = { configFile: '/etc/b.conf', format: 'json' } as const
  t.same(argv(listServers, {}, { ...surroundings, globals }), ['--config=/etc/b.conf', '--color=never', '--format=json', 'list-servers'])
  const old = [option('--config', { names: ['-c', '--config'] }), option('--format', { choices: ['console'] })]
  t.same(argv(listServers, {}, { ...surroundings, globals: old }), ['--config=/etc/b.conf', 'list-servers'])
  t.same(argv(listServers, {}, { globals: [], format: 'json' }), ['list-servers'])
  t.throws(() => argv(listServers, {}, { ...surroundings, globals: [] }), /takes no --config/, 'another file would be read instead')
})

t.test('an optional value is bare or chosen, and never swallows the server', async t => {
  const backup = compiled('3.4.0', 'backup')
  const words = (value: Value) => argv(backup, { server_name: ['main'], reuse_backup: value }, { globals: [], format: 'console' })
  t.same(words(true), ['backup', '--reuse-backup', '--', 'main'])
  t.same(words('copy'), ['backup', '--reuse-backup=copy', '--', 'main'])
})

t.test('a positional without the one before it is refused, as the command line would shift it', async t => {
  t.throws(() => argv(compiled('3.4.0', 'sync-info'), { server_name: 'm', last_position: 5 }, { globals, format: 'console' }),
    { code: 'bad-request' })
})

t.test('a target gives the directory and the ssh command', async t => {
  const recover = compiled('3.4.0', 'recover')
  const asked = { server_name: 'main', backup_id: 'latest' }
  const words = (values: Values) => argv(recover, values, { globals: [], format: 'console' })
  t.same(words(applyTarget(recover, asked, { directory: '/srv/pg', sshCommand: 'ssh -p 22 db2' })),
    ['recover', '--remote-ssh-command=ssh -p 22 db2', '--', 'main', 'latest', '/srv/pg'])
  t.same(words(applyTarget(recover, asked, { directory: '/srv/pg' })), ['recover', '--', 'main', 'latest', '/srv/pg'])
})

t.test('a real Barman understands exactly what was asked', { skip: hasBarman() ? false : `needs Barman 3.4.0 as ${BARMAN}` }, async t => {
  const { list } = compileCatalogue(realCatalogue('3.4.0'))
  const calls = list.flatMap(compiled => fc.sample(valuesOf(compiled), { numRuns: 12, seed: 1 }).map(values => ({ compiled, values })))
  t.ok(calls.length > 300)
  const answers = understand(calls.map(({ compiled, values }) => argv(compiled, values, { globals, format: 'json', configFile: '/c' })))
  for (const [index, { compiled, values }] of calls.entries()) {
    const answer = answers[index]
    const expected = [['--config', '/c'], ['--color', 'never'], ['--format', 'json'], ...expectedCalls(compiled, values)]
    t.same(answer?.calls?.filter(([, value]) => value !== null).sort(byName), expected.sort(byName), compiled.command.name)
    t.equal(answer?.command, compiled.command.name)
  }
})

interface Understood { readonly command?: string, readonly error?: unknown, readonly calls?: [string, unknown][] }

function hasBarman (): boolean {
  return existsSync(BARMAN) && spawnSync(BARMAN, ['--version'], { encoding: 'utf8' }).stdout?.startsWith('3.4.0') === true
}

/** One Python for all. It is the one that Barman itself names. */
function understand (argvs: readonly string[][]): Understood[] {
  const python = /^#!(\S+)/.exec(readFileSync(BARMAN, 'utf8'))?.[1] ?? '/usr/bin/python3'
  const oracle = fileURLToPath(new URL('./argv-oracle.py', import.meta.url))
  const { stdout, stderr, status } = spawnSync(python, [oracle], { input: JSON.stringify(argvs), encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Understood[] // what the oracle prints
}

/** Every action of argparse that ought to be called, and with what; unlisted are those of absent `?` positionals. */
function expectedCalls ({ parameters }: CompiledCommand, values: Values): [string, unknown][] {
  return parameters.flatMap(({ name, word, shape }): [string, unknown][] => {
    const value = values[name]
    if (value === undefined) return []
    if (shape === 'flag') return [[word ?? name, []]]
    if (shape === 'optional' && value === true) return [[word ?? name, 'link']] // the constant of --reuse-backup
    return word !== null && Array.isArray(value) ? value.map(item => [word, item]) : [[word ?? name, value]]
  })
}

function byName ([a, x]: readonly unknown[], [b, y]: readonly unknown[]): number {
  const [left, right] = [`${a} ${x}`, `${b} ${y}`]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Good values for a command, nasty ones among them. Of its options any, of its positionals no gap. */
function valuesOf ({ parameters }: CompiledCommand): fc.Arbitrary<Values> {
  const positionals = parameters.filter(({ source }) => source === 'positional')
  const options = parameters.filter(({ source }) => source === 'option')
  const required = positionals.filter(({ isRequired }) => isRequired).length
  return fc.record({
    count: fc.integer({ min: required, max: positionals.length }),
    first: fc.record(arbitraries(positionals)),
    rest: fc.record(arbitraries(options), { requiredKeys: [] })
  }).map(({ count, first, rest }) => ({
    ...rest as Values, // only keys may be missing, never values
    ...Object.fromEntries(positionals.slice(0, count).map(({ name }) => [name, first[name] ?? '']))
  }))
}

function arbitraries (parameters: readonly Parameter[]): Record<string, fc.Arbitrary<Value>> {
  return Object.fromEntries(parameters.map(parameter => [parameter.name, valueOf(parameter)]))
}

function valueOf (parameter: Parameter): fc.Arbitrary<Value> {
  const one = textOf(parameter)
  switch (parameter.shape) {
    case 'flag': return fc.constant(true)
    case 'optional': return fc.oneof(fc.constant(true), one)
    case 'list': return fc.array(one, { minLength: 1, maxLength: 3 })
    case 'value': return parameter.type === 'integer' ? fc.integer({ min: parameter.minimum, max: parameter.maximum }) : one
  }
}

function textOf ({ choices, type }: Parameter): fc.Arbitrary<string> {
  if (choices !== null) return fc.constantFrom(...choices)
  switch (type) {
    case 'server': return fc.constantFrom('main', 'all', 'my server', '=', "o'neil", '$(id)', 'a;b', '日本')
    case 'backup-id': return fc.constantFrom('20260131T020000', 'latest', 'before the -- upgrade')
    case 'backup-name': return fc.constantFrom('weekly', 'x --wait')
    case 'wal-segment': return fc.constantFrom('000000010000000000000001')
    case 'task': return fc.constantFrom('receive-wal')
    case 'wal-name': return fc.constantFrom('000000010000000000000001', '0000000A.history')
    case 'path': return fc.constantFrom('/x', '/a b/--wait', '/=/$HOME')
    case 'tablespace': return fc.constantFrom('a:/x', 'b c:/y=z')
    case 'target-time': return fc.constantFrom('2026-01-31 02:00:00+02:00', '2026-01-31T02:00:00Z')
    case 'timeline': return fc.constantFrom('latest', 'current')
    case 'lsn': return fc.constantFrom('0/3000060')
    case 'transaction-id': return fc.constantFrom('742')
    default: return fc.constantFrom('-x', '--wait', '=', 'a b', '"', '@file', 'ssh postgres@db2', '-- x')
  }
}
