import fc from 'fast-check'
import t from 'tap'
import { AppError, type InputFault } from '../../../lib/errors.ts'
import type { CompiledCommand } from '../../../lib/barman/compile.ts'
import { readParameters } from '../../../lib/barman/parameters.ts'
import { API_PARAMETERS } from '../../../lib/barman/api-parameters.ts'
import { command, compiled, option, positional } from './policy-fixtures.ts'
import { compile } from '../../../lib/barman/compile.ts'
import { resolvePolicy } from '../../../lib/barman/policy.ts'

const backup = compiled('3.20.1', 'backup')
const restore = compiled('3.20.1', 'restore')
const del = compiled('3.20.1', 'delete')
const syncInfo = compiled('3.20.1', 'sync-info')

const query = (compiled: CompiledCommand, ...entries: [string, string][]) => readParameters(compiled, { from: 'query', entries })
const body = (compiled: CompiledCommand, object: unknown) => readParameters(compiled, { from: 'body', object })

t.test('a name is found whatever its case, - and _', async t => {
  for (const name of ['server_name', 'SERVERNAME', 'serverName', 'server-name', 'Server_Name']) {
    t.same(query(backup, [name, 'main']).values, { server_name: ['main'] }, name)
  }
})

t.test('a query has text only: flags, numbers, choices and lists are read from it', async t => {
  const { values } = query(backup, ['server_name', 'a'], ['server_name', 'b,c'], ['jobs', '08'], ['wait', ''],
    ['immediate_checkpoint', '1'], ['no_retry', 'true'], ['manifest', 'false'], ['no_manifest', '0'], ['reuse_backup', 'link'])
  t.same(values, {
    server_name: ['a', 'b,c'], jobs: 8, wait: true, immediate_checkpoint: true, no_retry: true, reuse_backup: 'link'
  }, 'commas never split, false omits')
})

t.test('a body has types: flags are booleans, numbers are numbers, one string may stand for a list', async t => {
  t.same(body(backup, { server_name: 'main', jobs: 2, wait: true, manifest: false, reuse_backup: true }).values,
    { server_name: ['main'], jobs: 2, wait: true, reuse_backup: true })
  t.same(faultsOf(() => body(backup, { server_name: ['main', 1], jobs: '2', wait: 'true', manifest: 1, reuse_backup: false })), [
    '/server_name/1', '/jobs', '/wait', '/manifest', '/reuse_backup'
  ])
})

t.test('an optional value may be bare, or a choice', async t => {
  for (const bare of ['', 'true']) t.equal(query(backup, ['server_name', 'm'], ['reuse_backup', bare]).values.reuse_backup, true)
  t.equal(body(backup, { server_name: 'm', reuse_backup: '' }).values.reuse_backup, true)
  t.same(faultsOf(() => query(backup, ['server_name', 'm'], ['reuse_backup', 'steal'])), ['/reuse_backup'])
  t.same(faultsOf(() => query(backup, ['server_name', 'm'], ['reuse_backup', '1'])), ['/reuse_backup'])
})

t.test('numbers are plain decimal digits within bounds', async t => {
  for (const jobs of ['0', '-1', '+1', '1.0', '1e1', '0x1', ' 1', '', '٣', '2147483648', '9'.repeat(30)]) {
    t.same(faultsOf(() => query(backup, ['server_name', 'm'], ['jobs', jobs])), ['/jobs'], `"${jobs.slice(0, 12)}"`)
  }
  for (const jobs of [0, 1.5, 2 ** 31, Infinity, NaN, null, [], '1']) {
    t.same(faultsOf(() => body(backup, { server_name: 'm', jobs })), ['/jobs'], String(jobs))
  }
})

t.test('a repeated scalar is refused, also under two spellings and with one value', async t => {
  t.same(faultsOf(() => query(del, ['server_name', 'm'], ['backup_id', 'latest'], ['backup_id', 'latest'])), ['/backup_id'])
  t.match(thrown(() => query(del, ['server_name', 'm'], ['backup_id', 'latest'], ['backupId', 'oldest'])),
    { code: 'bad-request', extras: { errors: [{ pointer: '/backupId', detail: 'is given twice, also as "backup_id"' }] } })
  t.same(faultsOf(() => body(backup, { server_name: 'm', serverName: 'n' })), ['/serverName'])
})

t.test('an unknown parameter is named together with the closest known one', async t => {
  const error = thrown(() => query(backup, ['servr_name', 'm'], ['server_name', 'm']))
  t.match(error, { code: 'unknown-parameter', message: /servr_name .*did you mean server_name\?/ })
  t.match(thrown(() => body(backup, { server_name: 'm', zzzzzzzzzz: 1 })).extras.errors, [{ detail: 'is no parameter of this command' }])
})

t.test('keys of a prototype are unknown parameters like any other', async t => {
  const hostile = JSON.parse('{"server_name":"m","__proto__":{"wait":true},"constructor":1,"toString":2}')
  t.same(faultsOf(() => body(backup, hostile)).sort(), ['/__proto__', '/constructor', '/toString'])
  t.same(faultsOf(() => query(backup, ['server_name', 'm'], ['__proto__', '1'])), ['/__proto__'])
})

t.test('all faults are told at once, each with a JSON pointer', async t => {
  const error = thrown(() => body(restore, { 'a/b~c': 1, server_name: '-x', target_time: 'soon', tablespace: ['x:/y', 'x'] }))
  t.equal(error.code, 'unknown-parameter')
  t.same(error.extras.errors?.map(({ pointer }) => pointer),
    ['/a~1b~0c', '/server_name', '/target_time', '/tablespace/1', '/backup_id', '/destination_directory'])
})

t.test('an empty body is no parameters; anything but an object is refused', async t => {
  t.same(body(compiled('3.20.1', 'list-servers'), undefined), { values: {}, api: {} })
  t.same(body(compiled('3.20.1', 'list-servers'), null), { values: {}, api: {} })
  for (const wrong of [[], 'x', 1, true]) t.same(faultsOf(() => body(backup, wrong)).at(0), '')
})

t.test('what is required is asked for, with what is expected', async t => {
  t.match(thrown(() => query(del)).extras.errors, [
    { pointer: '/server_name', detail: /^is required: a name / }, { pointer: '/backup_id', detail: /^is required: a backup id / }
  ])
  t.same(faultsOf(() => body(backup, { server_name: [] })), ['/server_name'])
})

t.test('an empty or odd backup id, with which Barman would delete another backup, is refused', async t => {
  for (const id of ['', 'a', '-', 'fail', 't-f', '..']) {
    t.same(faultsOf(() => query(del, ['server_name', 'm'], ['backup_id', id])), ['/backup_id'], `"${id}"`)
  }
})

t.test('what cannot be meant together is refused', async t => {
  t.same(faultsOf(() => query(backup, ['server_name', 'm'], ['manifest', ''], ['no_manifest', ''])), ['/no_manifest'])
  t.same(faultsOf(() => query(backup, ['server_name', 'all'], ['server_name', 'm'])), ['/server_name'])
  t.same(query(backup, ['server_name', 'all']).values, { server_name: ['all'] })
  t.same(faultsOf(() => query(syncInfo, ['server_name', 'm'], ['last_position', '5'])), ['/last_wal'])
})

t.test('a target stands in for the directory and the ssh command, and tolerates none beside it', async t => {
  const asked: [string, string][] = [['server_name', 'm'], ['backup_id', 'latest'], ['api_target', 'standby']]
  t.same(query(restore, ...asked), { values: { server_name: 'm', backup_id: 'latest' }, api: { api_target: 'standby' } })
  t.same(faultsOf(() => query(restore, ...asked, ['destination_directory', '/x'], ['remote_ssh_command', 'ssh x'])),
    ['/destination_directory', '/remote_ssh_command'])
  t.same(faultsOf(() => query(backup, ['server_name', 'm'], ['api_target', 'standby'])), ['/api_target'], 'of restores only')
})

t.test('our own parameters are read the same way and returned apart', async t => {
  const { values, api } = query(backup, ['server_name', 'm'], ['apiAsync', 'false'], ['api_wait', '0'], ['api_timeout', '604800'],
    ['api_strict', ''], ['API-IF-BUSY', 'queue'])
  t.same(values, { server_name: ['m'] })
  t.same(api, { api_async: false, api_wait: 0, api_timeout: 604800, api_strict: true, api_if_busy: 'queue' })
  t.same(faultsOf(() => body(backup, { server_name: 'm', api_wait: 56, api_timeout: 0, api_if_busy: 'wait', api_async: 'yes' })),
    ['/api_wait', '/api_timeout', '/api_if_busy', '/api_async'])
  t.equal(API_PARAMETERS.length, 6)
})

t.test('the number of a timeline may be a number, and is text for Barman', async t => {
  const asked = { server_name: 'm', backup_id: 'latest', destination_directory: '/x' }
  for (const timeline of [3, '3', 'latest']) {
    t.equal(body(restore, { ...asked, target_tli: timeline }).values.target_tli, String(timeline))
  }
  t.same(faultsOf(() => body(restore, { ...asked, target_tli: 0 })), ['/target_tli'])
})

t.test('a choice that only prose names is held to it', async t => {
  const asked: [string, string][] = [['server_name', 'm'], ['backup_id', 'latest'], ['destination_directory', '/x']]
  t.equal(query(restore, ...asked, ['target_action', 'promote']).values.target_action, 'promote')
  t.same(faultsOf(() => query(restore, ...asked, ['target_action', 'explode'])), ['/target_action'])
})

t.test('a text of unknown meaning may begin with - but not be --, which argparse drops', async t => {
  const odd = command({ positionals: [positional('what')], options: [option('--how')] })
  const teleport = compile(odd, resolvePolicy(odd))
  t.equal(query(teleport, ['what', '-x']).values.what, '-x')
  t.same(faultsOf(() => query(teleport, ['what', '--'])), ['/what'])
  t.same(faultsOf(() => query(teleport, ['what', 'x'], ['how', '--'])), ['/how'])
  t.equal(query(teleport, ['what', 'x'], ['how', '--wait']).values.how, '--wait')
})

t.test('a hostile input is bounded: in faults, in items, in what a message repeats', async t => {
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`unknown_parameter_${i}`, 1]))
  t.equal(thrown(() => body(backup, many)).extras.errors?.length, 100)
  t.match(faultsOf(() => body(backup, { server_name: Array(201).fill('m') })), ['/server_name'])
  const error = thrown(() => body(backup, { ['x'.repeat(5000)]: 1, server_name: ['y'.repeat(5000), `-${'z'.repeat(200)}`] }))
  t.ok(JSON.stringify([error.message, error.extras.errors]).length < 1500)
})

t.test('whatever is asked, it is refused as an input fault or satisfies the published schema', async t => {
  const texts = fc.oneof(fc.constantFrom('', 'true', 'false', '1', '0', '7', 'main', 'all', 'latest', 'link', '/x', 'a:/b', '--',
    '2026-01-31 02:00:00', '20260131T020000', '0/1', '000000010000000000000001'), fc.string({ unit: 'binary', maxLength: 12 }))
  const anything = fc.oneof(texts, fc.array(texts, { maxLength: 3 }), fc.boolean(), fc.integer(), fc.double(), fc.constant(null))
  let accepted = 0
  for (const name of ['backup', 'restore', 'delete', 'get-wal', 'sync-info', 'keep', 'export-backup']) {
    const command = compiled('3.20.1', name)
    const names = command.parameters.map(({ name }) => name)
    const required = Object.fromEntries(command.parameters.filter(({ isRequired }) => isRequired).map(({ name, type }) =>
      [name, { 'backup-id': 'latest', path: '/x', 'wal-name': '0000000A.history' }[type as string] ?? 'main']))
    fc.assert(fc.property(fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 3 }), given => {
      try {
        const { values } = body(command, { ...required, ...given })
        accepted++
        return command.check.Check(values)
      } catch (error) {
        return error instanceof AppError
      }
    }), { numRuns: 300 })
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(...names), texts), { maxLength: 3 }), given => {
      try {
        const entries = [...Object.entries(required).filter(([name]) => given.every(([other]) => other !== name)), ...given]
        const { values } = query(command, ...entries)
        accepted++
        return command.check.Check(values)
      } catch (error) {
        return error instanceof AppError
      }
    }), { numRuns: 300 })
  }
  t.ok(accepted > 300, 'enough was accepted to mean something')
})

function thrown (run: () => unknown): AppError {
  try {
    run()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function faultsOf (run: () => unknown): string[] {
  return (thrown(run).extras.errors ?? []).map(({ pointer }: InputFault) => pointer)
}
