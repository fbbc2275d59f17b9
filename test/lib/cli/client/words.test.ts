import t from 'tap'
import { compileCatalogue } from '../../../../lib/barman/compile.ts'
import { Explainer } from '../../../../lib/barman/explain.ts'
import type { Host } from '../../../../lib/barman/host.ts'
import { API_PARAMETERS } from '../../../../lib/barman/api-parameters.ts'
import { bodyOf, takeOurs } from '../../../../lib/cli/client/words.ts'
import { RUN_FLAGS } from '../../../../lib/cli/client/flags.ts'
import { describe } from '../../../../lib/cli/client/describe.ts'
import { normalize } from '../../../../lib/barman/names.ts'
import type { CommandHelp } from '../../../../schemas/command.ts'
import type { User } from '../../../../lib/users/user.ts'
import { realCatalogue } from '../../barman/policy-fixtures.ts'

/** A command of a real Barman, as the service explains it. */
async function helpOf (command: string, version: Parameters<typeof realCatalogue>[0] = '3.20.1'): Promise<CommandHelp> {
  const compiled = compileCatalogue(realCatalogue(version))
  const host = { name: 'default', command: async (name: string) => compiled.commands.get(normalize(name)) } as unknown as Host // all that is asked of it
  const user = { name: 'boss', scopes: ['read'], access: [], deny: [], servers: null } as unknown as User
  return new Explainer(['backup']).command(host, user, command)
}

t.test('words become what the service takes, in every way of writing', async (t) => {
  const backup = await helpOf('backup')
  for (const [line, body] of [
    ['main', { server_name: ['main'] }],
    ['main pg-1', { server_name: ['main', 'pg-1'] }],
    ['--server-name=main', { server_name: ['main'] }],
    ['main --name nightly', { server_name: ['main'], name: 'nightly' }],
    ['--name=a=b main', { server_name: ['main'], name: 'a=b' }],
    ['main --immediate-checkpoint', { server_name: ['main'], immediate_checkpoint: true }],
    ['main --immediate-checkpoint=false', { server_name: ['main'], immediate_checkpoint: false }],
    ['main --wait-timeout 60 --wait', { server_name: ['main'], wait_timeout: 60, wait: true }],
    ['main --jobs many', { server_name: ['main'], jobs: 'many' }],
    ['main --api-timeout=3600', { server_name: ['main'], api_timeout: 3600 }],
    ['main --IMMEDIATE_CHECKPOINT', { server_name: ['main'], immediate_checkpoint: true }]
  ] as const) t.same(bodyOf(line.split(' '), backup), body, line)
  t.same(bodyOf(['main', 'latest', '/srv/to', '--tablespace', 'a:/b', '--tablespace=c:/d', '--target-time', '2026-01-31 02:00:00+01:00'], await helpOf('restore')),
    { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/to', tablespace: ['a:/b', 'c:/d'], target_time: '2026-01-31 02:00:00+01:00' })
  t.same(bodyOf(['main', 'model'], await helpOf('config-switch')), { server_name: 'main', model_name: 'model' })
})

t.test('what has no place is told with the closest name', async (t) => {
  const backup = await helpOf('backup')
  for (const [line, sentence] of [
    ['main --imediate-checkpoint', /^backup has no option --imediate-checkpoint; did you mean --immediate-checkpoint\?$/],
    ['main --zzzzzzzzzzz', /^backup has no option --zzzzzzzzzzz$/],
    ['main --url http://x', /^--url is no option of backup but ours: it stands before backup$/],
    ['main -j 4', /^-j: options of backup are written out, as --name$/],
    ['main --name', /^--name needs a value: --name=VALUE$/],
    ['main --name --wait', /^--name needs a value/],
    ['main --name a --name b', /^--name is given twice$/]
  ] as const) t.throws(() => bodyOf(line.split(' '), backup), { exitCode: 2, message: sentence }, line)
  const show = await helpOf('show-backup')
  t.throws(() => bodyOf(['main', 'latest', 'more'], show), { exitCode: 2, message: /^show-backup has no place for the word more$/ })
})

t.test('--wait and --json are ours before --, and Barman\'s behind it', async (t) => {
  for (const [line, expected] of [
    ['main', { words: ['main'], isWait: false, isJson: false, isHelp: false }],
    ['main --wait', { words: ['main'], isWait: true }],
    ['--wait main --json', { words: ['main'], isWait: true, isJson: true }],
    ['main -- --wait', { words: ['main', '--wait'], isWait: false }],
    ['main --wait -- --wait', { words: ['main', '--wait'], isWait: true }],
    ['--help', { words: [], isHelp: true }]
  ] as const) t.match(takeOurs(line.split(' ')), expected, line)
})

t.test('no Barman has an option that only the words behind -- would reach, but for backup --wait and its like', async (t) => {
  for (const version of ['2.12', '3.4.0', '3.13.3', '3.20.1'] as const) {
    for (const { name, options } of realCatalogue(version).commands) {
      const hidden = options.flatMap(({ names }) => names).filter((option) => option === '--json')
      t.same(hidden, [], `${version} ${name}`)
    }
  }
  t.notOk(API_PARAMETERS.some(({ name }) => Object.hasOwn(RUN_FLAGS, name)))
})

t.test('a command describes itself with its words and options', async (t) => {
  const text = describe(await helpOf('config-switch'))
  t.match(text, /^Usage: barmanapi run config-switch SERVER_NAME \[MODEL_NAME\] \[OPTION\.\.\.\]/)
  t.match(describe(await helpOf('backup')), /SERVER_NAME\.\.\. [^]*\n {2}--wait\n[^]*\n {2}--wait-timeout=VALUE\n/)
})
