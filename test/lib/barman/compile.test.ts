import t from 'tap'
import { API_PARAMETERS } from '../../../lib/barman/api-parameters.ts'
import { compile, compileCatalogue } from '../../../lib/barman/compile.ts'
import { resolvePolicy } from '../../../lib/barman/policy.ts'
import { normalize } from '../../../lib/barman/names.ts'
import { command, compiled, historicCatalogue, option, positional, realCatalogue, VERSIONS } from './policy-fixtures.ts'

t.test('no Barman has a parameter with one of our names, nor token', async t => {
  const ours = new Set([...API_PARAMETERS.flatMap(({ keys }) => keys), 'token'])
  t.equal(ours.size, 7)
  for (const catalogue of [...VERSIONS.map(realCatalogue), historicCatalogue()]) {
    const names = compileCatalogue(catalogue).list.flatMap(({ parameters }) => parameters.flatMap(({ keys }) => keys))
    t.ok(names.length > 50)
    t.same(names.filter(name => ours.has(name)), [], catalogue.version)
  }
})

t.test('every name and alias of every command is found, in any spelling, and stands for its whole alias set', async t => {
  for (const version of VERSIONS) {
    const { commands, list, catalogue } = compileCatalogue(realCatalogue(version))
    t.equal(list.length, catalogue.commands.length)
    for (const { name, aliases } of catalogue.commands) {
      for (const word of [name, ...aliases]) t.equal(commands.get(normalize(word.toUpperCase()))?.command.name, name, `${version} ${word}`)
    }
    t.same([...commands.get('recover')?.names ?? []].sort(), ['recover', 'restore'], `${version}: permissions survive the new name`)
  }
  t.equal(compileCatalogue(realCatalogue('3.4.0')).commands.get('restore'), undefined, 'it did not exist then')
})

t.test('parameters are snake_case, of the kind that argparse has', async t => {
  const { keys } = compiled('3.20.1', 'backup')
  t.match(keys.get('servername'), { name: 'server_name', shape: 'list', type: 'server', isRequired: true, word: null })
  t.match(keys.get('reusebackup'), { shape: 'optional', choices: ['copy', 'link', 'off'], word: '--reuse-backup' })
  t.match(keys.get('jobs'), { shape: 'value', type: 'integer', minimum: 1, word: '--jobs' })
  t.match(keys.get('wait'), { shape: 'flag', isRequired: false })
  t.match(compiled('3.4.0', 'recover').keys.get('tablespace'), { shape: 'list', type: 'tablespace' })
  t.match(compiled('3.4.0', 'sync-info').keys.get('lastwal'), { isRequired: false, shape: 'value' })
})

t.test('a schema names every parameter with its JSON type, its bounds and its choices, and admits no other', async t => {
  const { schema, check } = compiled('3.4.0', 'backup')
  t.match(schema, {
    type: 'object',
    additionalProperties: false,
    required: ['server_name'],
    properties: {
      server_name: { type: 'array', minItems: 1, maxItems: 200, items: { type: 'string', minLength: 1, maxLength: 255 } },
      jobs: { type: 'integer', minimum: 1, maximum: 2147483647 },
      reuse_backup: { anyOf: [{ const: true }, { type: 'string', enum: ['copy', 'link', 'off'] }] },
      wait: { type: 'boolean' }
    }
  })
  t.ok(check.Check({ server_name: ['main'], jobs: 2, reuse_backup: 'link' }))
  t.notOk(check.Check({ server_name: ['main'], reuse_backup: 'steal' }))
  t.notOk(check.Check({ server_name: ['main'], jobs: 0 }))
  t.notOk(check.Check({ server_name: ['main'], josb: 1 }))
  t.notOk(check.Check({ server_name: [] }))
})

t.test('every schema of every Barman has a bound on each string and number', async t => {
  const { list } = compileCatalogue(historicCatalogue())
  for (const { schema } of list.flatMap(({ parameters }) => parameters)) bounded(JSON.parse(JSON.stringify(schema)) as Json)

  function bounded (schema: Json): void {
    if (schema.type === 'string') t.ok(schema.maxLength !== undefined || schema.enum !== undefined)
    if (schema.type === 'integer') t.ok(schema.minimum !== undefined && schema.maximum !== undefined)
    for (const inner of [...schema.anyOf ?? [], ...schema.items === undefined ? [] : [schema.items]]) bounded(inner)
  }
})

t.test('what a target can give is optional in the schema, and only such commands take api_target', async t => {
  const recover = compiled('3.4.0', 'recover')
  t.same(recover.schema.required, ['server_name', 'backup_id'])
  t.ok(recover.keys.has('apitarget'))
  t.notOk(compiled('3.4.0', 'backup').keys.has('apitarget'))
})

t.test('an option with several long spellings is named by the longest and known by all', async t => {
  const tint = command({ options: [option('--color', { names: ['--color', '-c', '--colour'] })] })
  const { parameters, keys } = compile(tint, resolvePolicy(tint))
  t.match(parameters, [{ name: 'colour', word: '--colour' }])
  t.equal(keys.get('color'), keys.get('colour'))
})

t.test('what a future Barman may bring does not stop the service', async t => {
  const odd = command({
    positionals: [positional('target'), positional('paths', { nargs: '*' })],
    options: [option('--target'), option('-x'), option('--mode', { choices: ['a.b', 'a+b'] })]
  })
  const { parameters, check } = compile(odd, resolvePolicy(odd))
  t.same(parameters.map(({ name }) => name), ['target', 'paths', 'mode'], 'one spelling is one parameter; no long spelling is none')
  t.ok(check.Check({ target: 'x', mode: 'a+b' }))
  t.notOk(check.Check({ target: 'x', mode: 'aab' }))
})

t.test('what is compiled does not change', async t => {
  const catalogue = compileCatalogue(realCatalogue('3.4.0'))
  for (const part of [catalogue, catalogue.list, ...catalogue.list, ...catalogue.list.flatMap(({ parameters, policy }) => [parameters, policy])]) {
    t.ok(Object.isFrozen(part))
  }
})

/** What of a schema the test looks at. */
interface Json {
  readonly type?: string
  readonly maxLength?: number
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Json
  readonly anyOf?: readonly Json[]
}
