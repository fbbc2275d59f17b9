import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'

const { app, boss, barman } = await buildApp(t)
const calls = (command: string) => barman.argvs().filter((words) => words.includes(command))
barman.act('list-backups', 'printf \'{"main": [{"backup_id": "20260131T020000"}]}\'; exit 0')

t.test('a read answers with what barman printed, by GET and by POST', async (t) => {
  for (const reply of [await boss.get('/barman/list-backups?server_name=main'), await boss.post('/barman/list-backups', { server_name: 'main' })]) {
    t.equal(reply.statusCode, 200)
    t.match(reply.json(), { command: 'list-backups', exitCode: 0, ok: true, result: { main: [{ backup_id: '20260131T020000' }] }, output: [], errors: [], warnings: [], durationMs: Number })
  }
  const words = ['--color=never', '--format=json', 'list-backups', '--', 'main']
  t.same(calls('list-backups'), [words, words])
})

t.test('names are read in any spelling, of commands and parameters', async (t) => {
  for (const url of ['list-backups?SERVERNAME=main', 'list_backups?serverName=main', 'LISTBACKUP?server-name=main', 'list-backup?ServerName=main']) {
    t.equal((await boss.get(`/barman/${url}`)).statusCode, 200, url)
  }
  t.equal((await boss.post('/barman/List-Backups', { 'SERVER-NAME': ['main'] })).statusCode, 200)
})

t.test('flags, texts and numbers become exact long options', async (t) => {
  await boss.get('/barman/check?server_name=main&nagios=&check_timeout=7')
  await boss.post('/barman/check', { server_name: 'main', nagios: false, check_timeout: 8 })
  t.same(calls('check'), [
    ['--color=never', 'check', '--nagios', '--check-timeout=7', '--', 'main'],
    ['--color=never', '--format=json', 'check', '--check-timeout=8', '--', 'main']
  ])
})

t.test('what is wrong with the input is told by its place, and nothing is run', async (t) => {
  const before = barman.calls().length
  const cases: ReadonlyArray<readonly [query: string, body: object, code: string, pointer: string]> = [
    ['', {}, 'bad-request', '/server_name'],
    ['server_name=', { server_name: '' }, 'bad-request', '/server_name/0'],
    ['server_name=main&servr_name=pg-1', { server_name: 'main', servr_name: 'pg-1' }, 'unknown-parameter', '/servr_name'],
    ['server_name=main&check_timeout=x', { server_name: 'main', check_timeout: 'x' }, 'bad-request', '/check_timeout'],
    ['server_name=main&nagios=maybe', { server_name: 'main', nagios: 'true' }, 'bad-request', '/nagios'],
    ['server_name=main&check_timeout=1&CheckTimeout=2', { server_name: 'main', check_timeout: 1, CheckTimeout: 2 }, 'bad-request', '/CheckTimeout'],
    ['server_name=main&check_timeout=1&check_timeout=1', { server_name: 'main', check_timeout: [1, 1] }, 'bad-request', '/check_timeout'],
    ['server_name=all&server_name=main', { server_name: ['all', 'main'] }, 'bad-request', '/server_name'],
    ['server_name=nosuch', { server_name: ['nosuch'] }, 'unknown-server', '/server_name/0'],
    ['server_name=main&api_wait=56', { server_name: 'main', api_wait: 56 }, 'bad-request', '/api_wait'],
    ['server_name=main&config=/tmp/x', { server_name: 'main', config: '/tmp/x' }, 'unknown-parameter', '/config'],
    ['server_name=main&help=true', { server_name: 'main', help: true }, 'unknown-parameter', '/help']
  ]
  for (const [query, body, code, pointer] of cases) {
    const status = code === 'unknown-server' ? 404 : 400
    for (const reply of [await boss.get(`/barman/check?${query}`), await boss.post('/barman/check', body)]) {
      t.match([query, problemIn(t, reply, status, code).errors?.map((error) => error.pointer)], [query, [pointer]])
    }
  }
  t.match(problemIn(t, await boss.get('/barman/check?servername=main&chek_timeout=1'), 400, 'unknown-parameter').detail, /did you mean check_timeout\?/)
  t.equal(barman.calls().filter(([, ...words]) => !words.includes('--minimal')).length, before - 1, 'only the names of servers were asked for')
})

t.test('POST takes its parameters from the body alone', async (t) => {
  t.match(problemIn(t, await boss.post('/barman/check?server_name=main', {}), 400, 'bad-request').errors, [{ pointer: '/server_name', detail: /body/ }])
})

t.test('an empty body is an empty object', async (t) => {
  const headers = { authorization: `Bearer ${boss.token}` }
  for (const more of [{}, { 'content-type': 'application/json' }]) {
    const reply = await app.inject({ method: 'POST', url: '/barman/list-servers', headers: { ...headers, ...more }, payload: '' })
    t.match([reply.statusCode, reply.json()], [200, { command: 'list-servers', output: ['main', 'pg-1', 'pg-2'] }])
  }
})

t.test('other content types are a 415, and JSON that is none a 400', async (t) => {
  const send = (type: string, payload: string) => app.inject({ method: 'POST', url: '/barman/check', headers: { authorization: `Bearer ${boss.token}`, 'content-type': type }, payload })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'nonsense']) {
    problemIn(t, await send(type, 'server_name=main'), 415, 'unsupported-media-type')
  }
  const tar = { authorization: `Bearer ${boss.token}`, 'content-type': 'application/x-tar' }
  for (const url of ['/barman/list-backups?server_name=main', '/barman/put-wal?server_name=main&test=1', '/barman/archive-wal?server_name=main', '/auth/user']) {
    problemIn(t, await app.inject({ method: 'POST', url, headers: tar, payload: 'x' }), 415, 'unsupported-media-type')
  }
  for (const payload of ['{', '{"server_name": main}', '[', '{"server_name":"main"}}', '{"__proto__": {"a": 1}}', '{"constructor": {"prototype": {}}}', '\u0000']) {
    t.match([payload, problemIn(t, await send('application/json', payload), 400, 'bad-request').detail], [payload, /JSON/])
  }
  for (const payload of ['[]', '"main"', '7', 'true']) problemIn(t, await send('application/json', payload), 400, 'bad-request')
})

t.test('HEAD and other verbs run nothing', async (t) => {
  const before = barman.calls().length
  for (const method of ['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
    const reply = await app.inject({ method, url: '/barman/list-backups?server_name=main', headers: { authorization: `Bearer ${boss.token}` } })
    t.match([method, reply.statusCode, reply.headers], [method, 405, { allow: 'GET, POST' }])
  }
  t.equal(barman.calls().length, before)
})

t.test('a command that this Barman has not is a 404 that names the closest', async (t) => {
  t.match(problemIn(t, await boss.get('/barman/bakup'), 404, 'unknown-command').detail, /did you mean backup\?/)
  problemIn(t, await boss.get('/barman/bakup/help'), 404, 'unknown-command')
  problemIn(t, await boss.post('/barman/constructor'), 404, 'unknown-command')
})

t.test('the catalogue and each command explain themselves', async (t) => {
  const { commands, barmanVersion } = (await boss.get('/barman/help')).json<{ barmanVersion: string, commands: Array<{ command: string }> }>()
  t.equal(barmanVersion, '3.20.1')
  const restore = commands.find(({ command }) => command === 'restore')
  t.match(restore, { aliases: ['recover'], class: 'restore', async: true, url: '/barman/restore', required: [{ name: 'server_name' }, { name: 'backup_id' }, { name: 'destination_directory', needsExec: true }] })
  for (const name of ['restore', 'recover', 'RECOVER']) {
    t.same((await boss.get(`/barman/${name}/help`)).json(), restore, name)
    t.same((await boss.post(`/barman/${name}/help`)).json(), restore, name)
  }
  problemIn(t, await boss.get('/barman/restore/help?colour=red'), 400, 'unknown-parameter')
})

t.test('diagnose and sync-info are taken in console format, where they print JSON', async (t) => {
  for (const [command, query] of [['diagnose', ''], ['sync-info', '?server_name=main']] as const) {
    barman.act(command, 'printf \'{"config": {"conninfo": "host=db password=hush"}}\'; exit 0')
    const reply = await boss.get(`/barman/${command}${query}`)
    t.match([reply.statusCode, reply.json()], [200, { result: { config: { conninfo: 'host=db password=*REDACTED*' } }, output: [] }])
    t.ok(calls(command).length === 1 && calls(command).every((words) => !words.includes('--format=json')))
    t.match(problemIn(t, await boss.post(`/barman/${command}`, { ...query ? { server_name: 'main' } : {}, api_async: true }), 400, 'bad-request').errors, [{ pointer: '/api_async' }])
  }
})

t.test('secrets that Barman prints never leave', async (t) => {
  barman.act('show-servers', 'printf \'{"main": {"conninfo": "host=db password=hush", "api_key": "hush"}, "_WARNING": ["postgresql://u:hush@db"]}\'; exit 0')
  const reply = await boss.get('/barman/show-servers?server_name=main')
  t.match(reply.json(), { ok: true, warnings: ['postgresql://u:*REDACTED*@db'] })
  t.notMatch(reply.body, 'hush')
})
