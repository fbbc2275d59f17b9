import type { TObject } from '@sinclair/typebox'
import t from 'tap'
import { compileCatalogue } from '../../../lib/barman/compile.ts'
import { parseOverrides } from '../../../lib/barman/policy-overrides.ts'
import { commandPaths } from '../../../lib/openapi/commands.ts'
import { command, option, positional, realCatalogue } from '../barman/policy-fixtures.ts'

const newest = compileCatalogue(realCatalogue('3.20.1'))
const paths = commandPaths(newest, ['backup'], new Set())

t.test('a read is a GET, what changes is a POST; the other verb is deprecated', async (t) => {
  t.match(paths['/barman/list-backups'], { get: { operationId: 'listBackups', deprecated: undefined }, post: { operationId: 'listBackupsByPost', deprecated: true } })
  t.match(paths['/barman/backup'], { post: { operationId: 'backup', deprecated: undefined }, get: { operationId: 'backupByGet', deprecated: true } })
})

t.test('an alias is an operation of its own that says whose alias it is', async (t) => {
  t.match(paths['/barman/recover'], { post: { operationId: 'recover', summary: /\(as restore\)$/, description: /Another name of `restore`/ } })
  t.same(paths['/barman/recover']?.['post']?.['requestBody'], paths['/barman/restore']?.['post']?.['requestBody'])
  t.equal(Object.keys(paths).filter((path) => path === '/barman/lock-directory-cleanup').length, 1, 'one that is its own alias is there once')
})

t.test('bytes go in as a tar archive beside a query, and come out as they are', async (t) => {
  t.match(paths['/barman/put-wal'], {
    post: { requestBody: { content: { 'application/x-tar': { schema: { format: 'binary' } } } }, parameters: [{ name: 'server_name' }, { $ref: /api_async/ }] },
    get: { deprecated: true, parameters: [{ name: 'server_name' }, { name: 'test' }] }
  })
  t.match(paths['/barman/get-wal']?.['get']?.['responses'], { 200: { content: { 'application/octet-stream': {}, 'application/json': {} } }, 202: undefined })
})

t.test('only what becomes a job answers 202, and takes what jobs are told', async (t) => {
  t.match(paths['/barman/backup']?.['post']?.['responses'], { 200: { $ref: /JobEnded$/ }, 202: { $ref: /JobAccepted$/ } })
  t.match(paths['/barman/check']?.['get']?.['responses'], { 200: { content: {} }, 202: { $ref: /JobAccepted$/ } })
  t.notMatch(paths['/barman/diagnose']?.['get']?.['responses'], { 202: {} })
  t.same(ours('diagnose'), ['api_timeout', 'api_strict'])
  t.same(ours('backup'), ['api_async', 'api_wait', 'api_timeout', 'api_if_busy'])
  t.same(ours('check'), ['api_async', 'api_wait', 'api_timeout', 'api_strict'])
})

t.test('what changes something takes an Idempotency-Key, by both verbs; a read takes none', async (t) => {
  const takesKey = (name: string, verb: string) => JSON.stringify(paths[`/barman/${name}`]?.[verb]?.['parameters'] ?? []).includes('/idempotencyKey"')
  for (const name of ['backup', 'recover', 'delete', 'put-wal']) t.same([takesKey(name, 'post'), takesKey(name, 'get')], [true, true], name)
  for (const name of ['check', 'list-backups', 'get-wal']) t.same([takesKey(name, 'post'), takesKey(name, 'get')], [false, false], name)
})

t.test('people read what changes, how long it takes, what comes back and what is needed', async (t) => {
  const description = (name: string) => String(paths[`/barman/${name}`]?.['post']?.['description'])
  t.match(description('backup'), /\*\*Duration:\*\* Takes minutes to many hours.*\*\*Answer:\*\* A job, at once \(202\).*\*\*Concurrency:\*\* One such command per server.*\*\*Needs:\*\* the scope `operate`/s)
  t.match(description('restore'), /`exec` with .*`destination_directory`.*`api_target` names a place/s)
  t.match(description('delete'), /nothing brings it back/)
  t.match(inputs('restore')['delta_restore'], { description: /Needs the scope `destroy` too\./ })
  t.match(inputs('keep')['release'], { description: /With it, the scope `destroy` is what the command needs\./ })
})

t.test('a command that nobody knows yet is documented with the worst that can be expected of it', async (t) => {
  const catalogue = { version: '9.0', globalOptions: [], commands: [command({ name: 'tidy-up', description: 'Tidies up. And more.', positionals: [positional('server_name', { nargs: '+' }), positional('shelf')], options: [option('--how', { choices: ['a', 'b'] })] })] }
  t.match(commandPaths(compileCatalogue(catalogue), [], new Set())['/barman/tidy-up'], {
    post: {
      operationId: 'tidyUp',
      tags: ['destroy'],
      summary: 'Tidies up',
      description: /^Tidies up. And more\.\n\n.*expects the worst/s,
      requestBody: { content: { 'application/json': { example: { server_name: ['main'], shelf: 'text' } } } }
    }
  })
})

t.test('what the operator hides is not there, and a route is stronger than a command of its name', async (t) => {
  const { overrides } = parseOverrides({ cron: 'hidden' })
  t.notOk(commandPaths(compileCatalogue(realCatalogue('3.4.0'), overrides), [], new Set())['/barman/cron'])
  t.notOk(commandPaths(newest, [], new Set(['/barman/help']))['/barman/help'])
})

function inputs (name: string): Record<string, unknown> {
  const { content } = paths[`/barman/${name}`]?.['post']?.['requestBody'] as { content: Record<string, { schema: TObject }> } // as the function under test makes it
  return content['application/json']?.schema.properties ?? {}
}

function ours (name: string): string[] {
  return Object.keys(inputs(name)).filter((key) => key.startsWith('api_'))
}
