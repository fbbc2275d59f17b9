import t from 'tap'
import type { Version } from '../support/stand-in.ts'
import { buildApp, type Caller, problemIn } from '../support/app.ts'

/** One call of each class that a user without its scope must not make. */
const CALLS = {
  read: [['status', { server_name: 'main' }], ['keep', { server_name: 'main', backup_id: 'latest', status: true }], ['get-wal', { server_name: 'main', wal_name: '000000010000000000000001', test: true }]],
  operate: [['backup', { server_name: 'main' }], ['cron', {}], ['keep', { server_name: 'main', backup_id: 'latest', target: 'full' }], ['switch-xlog', { server_name: 'main' }], ['receive-wal', { server_name: 'main', stop: true }]],
  restore: [['get-wal', { server_name: 'main', wal_name: '000000010000000000000001' }]],
  destroy: [['delete', { server_name: 'main', backup_id: 'latest' }], ['keep', { server_name: 'main', backup_id: 'latest', release: true }], ['receive-wal', { server_name: 'main', reset: true }]]
} as const
const SCOPES = ['read', 'operate', 'restore', 'destroy', 'config'] as const

t.test('each class needs the scope of its name, which options may change', async (t) => {
  const users = Object.fromEntries(SCOPES.flatMap((scope) => [[`no-${scope}`, { scopes: SCOPES.filter((other) => other !== scope) }], [`${scope}-only`, { scopes: [scope] }]]))
  const { barman, user } = await buildApp(t, { users })
  for (const [scope, calls] of Object.entries(CALLS)) {
    const without = await user(`no-${scope}`)
    const alone = await user(`${scope}-only`)
    const before = barman.calls().length
    for (const [command, body] of calls) {
      t.match([command, problemIn(t, await without.post(`/barman/${command}`, body), 403, 'forbidden').detail], [command, new RegExp(`scope ${scope}`)])
    }
    t.equal(barman.calls().length, before, `${scope}: nothing was run`)
    for (const [command, body] of calls) t.ok((await alone.post(`/barman/${command}`, body)).statusCode < 300, `${command} with ${scope} alone`)
  }
})

t.test('what runs commands or writes where it is told needs exec', async (t) => {
  const { barman, user } = await buildApp(t, { config: '[target lab]\ndirectory = /srv/lab\nssh_command = ssh lab', users: { dba: { scopes: SCOPES } } })
  const dba = await user('dba')
  const restore = { server_name: 'main', backup_id: 'latest' }
  const dangerous: ReadonlyArray<readonly [string, object]> = [
    ['restore', { ...restore, destination_directory: '/srv/x' }],
    ['restore', { ...restore, api_target: 'lab', remote_ssh_command: 'ssh x' }],
    ['restore', { ...restore, api_target: 'lab', tablespace: ['a:/b'] }],
    ['restore', { ...restore, api_target: 'lab', restore_command: 'x' }],
    ['get-wal', { server_name: 'main', wal_name: '000000010000000000000001', output_directory: '/tmp' }],
    ['config-update', { json_changes: '[]' }]
  ]
  const before = barman.calls().length
  for (const [command, body] of dangerous) {
    const reply = await dba.post(`/barman/${command}`, body)
    t.ok([400, 403].includes(reply.statusCode), `${command} ${JSON.stringify(body)}: ${reply.statusCode}`)
    if (reply.statusCode === 403) t.match(problemIn(t, reply, 403, 'forbidden').detail, /scope exec/)
  }
  problemIn(t, await dba.post('/barman/restore', { ...restore, destination_directory: '/srv/x' }), 403, 'forbidden')
  t.match(problemIn(t, await dba.post('/barman/restore', { ...restore, api_target: 'nowhere' }), 400, 'bad-request').errors, [{ pointer: '/api_target' }])
  t.equal(barman.calls().length, before)

  const started = await dba.post('/barman/restore', { ...restore, api_target: 'lab' })
  t.equal(started.statusCode, 202)
  await dba.ended(started.json<{ ticket: string }>().ticket)
  t.same(barman.calls().filter(([command]) => command === 'restore'), [['restore', '--remote-ssh-command=ssh lab', '--', 'main', 'latest', '/srv/lab']])
})

t.test('options that are never offered are unknown', async (t) => {
  const { boss } = await buildApp(t)
  for (const [command, option] of [['cron', 'keep_descriptors'], ['cron', 'verbose'], ['check', 'config'], ['check', 'format'], ['check', 'quiet'], ['check', 'debug'], ['check', 'log_level'], ['check', 'version']] as const) {
    const reply = await boss.post(`/barman/${command}`, { ...command === 'check' ? { server_name: 'main' } : {}, [option]: true })
    t.match(problemIn(t, reply, 400, 'unknown-parameter').errors, [{ pointer: `/${option}` }])
  }
})

for (const version of ['3.4.0', '3.20.1'] as const) testAliases(version)

/** `recover` became an alias of `restore` in 3.12: a rule under either name must hold for both, before and after. */
function testAliases (version: Version): void {
  t.test(`rules under any name of a command hold for all of them: ${version}`, async (t) => {
    const rules = ['barman/recover', 'barman/restore']
    const users = Object.fromEntries(rules.flatMap((rule) => [[`deny-${rule.slice(7)}`, { deny: [rule] }], [`open-${rule.slice(7)}`, { access: [rule] }]]))
    const { user } = await buildApp(t, { version, users })
    const names = version === '3.4.0' ? ['recover'] : ['recover', 'restore']
    const body = { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/x', api_async: true }
    for (const rule of rules) {
      const denied = await user(`deny-${rule.slice(7)}`)
      const open = await user(`open-${rule.slice(7)}`)
      for (const name of names) {
        await forbids(t, denied, name, body)
        problemIn(t, await denied.get(`/barman/${name}/help`), 403, 'forbidden')
        t.equal((await open.get(`/barman/${name}/help`)).statusCode, 200)
        t.equal((await open.post(`/barman/${name}`, body)).statusCode, 202)
      }
      const listed = async (caller: Caller) => (await caller.get('/barman/help')).json<{ commands?: Array<{ command: string }> }>().commands?.map(({ command }) => command)
      t.notOk((await listed(denied))?.some((command) => names.includes(command)), 'it is not in the catalogue of who may not call it')
      await forbids(t, open, 'list-servers', {})
    }
  })
}

t.test('whole segments count, not beginnings', async (t) => {
  const { user } = await buildApp(t, { users: { shows: { access: ['barman/show-backup', 'config/barman'] } } })
  const shows = await user('shows')
  t.equal((await shows.get('/barman/show-backups?server_name=main&backup_id=latest')).statusCode, 200, 'an alias')
  for (const url of ['/barman/show-servers?server_name=main', '/barman/help', '/config/barmanapi', '/auth/user']) problemIn(t, await shows.get(url), 403, 'forbidden')
  t.equal((await shows.get('/config/barman')).statusCode, 200)
})

t.test('servers that a user may not see do not exist for him', async (t) => {
  const { barman, boss, user } = await buildApp(t, { users: { limited: { servers: ['pg-*'] } } })
  const limited = await user('limited')
  t.equal((await limited.get('/barman/status?server_name=pg-1')).statusCode, 200)
  const [hidden, missing] = [await limited.get('/barman/status?server_name=main'), await boss.get('/barman/status?server_name=nosuch')]
  const { requestId: _, ...one } = problemIn(t, hidden, 404, 'unknown-server')
  const { requestId: __, ...other } = problemIn(t, missing, 404, 'unknown-server')
  t.same(one, other, 'the same answer as for one that is not there')
  for (const [query, headers] of [['', {}], ['?api_wait=5', {}], ['', { prefer: 'respond-async, wait=5' }]] as const) {
    t.same((await limited.get(`/barman/list-servers${query}`, headers)).json<{ output: string[] }>().output, ['pg-1', 'pg-2'])
  }
  problemIn(t, await limited.get('/barman/list-servers?api_async=true'), 400, 'bad-request')
  t.same(Object.keys((await limited.get('/barman/status?server_name=all')).json<{ servers: object }>().servers), ['pg-1', 'pg-2'])
  for (const command of ['diagnose', 'cron']) problemIn(t, await limited.post(`/barman/${command}`), 403, 'forbidden')
  t.notOk(barman.calls().some((words) => words.includes('main') || ['diagnose', 'cron'].includes(words[0] ?? '')))
})

async function forbids (t: Parameters<typeof problemIn>[0], caller: Caller, command: string, body: object): Promise<void> {
  problemIn(t, await caller.post(`/barman/${command}`, body), 403, 'forbidden')
  problemIn(t, await caller.get(`/barman/${command}?server_name=main`), 403, 'forbidden')
}
