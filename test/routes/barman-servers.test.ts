import t from 'tap'
import type { CommandReply } from '../../schemas/command.ts'
import { buildApp, problemIn } from '../support/app.ts'

const { boss, barman } = await buildApp(t)
/** What a command is called with last of all: its server. */
const asked = (command: string) => barman.calls().filter(([name]) => name === command).map((words) => words.slice(1)).sort()
const answer = (text = '') => `for server; do :; done; ${text} printf '{"%s": {"pg_version": {"description": "x", "message": "15"}}}' "$server"; exit 0`

t.test('several servers are one process each, and one reply keyed by server', async (t) => {
  barman.act('status', answer())
  for (const reply of [await boss.get('/barman/status?server_name=main&SERVERNAME=pg-1&server_name=main'), await boss.post('/barman/status', { server_name: ['main', 'pg-1'] })]) {
    t.equal(reply.statusCode, 200)
    t.match(reply.json(), {
      command: 'status', exitCode: 0, ok: true, result: { main: { pg_version: { message: '15' } }, 'pg-1': { pg_version: { message: '15' } } }, servers: { main: { exitCode: 0, ok: true, errors: [] }, 'pg-1': { exitCode: 0, ok: true } }
    })
  }
  t.same(asked('status'), [['--', 'main'], ['--', 'main'], ['--', 'pg-1'], ['--', 'pg-1']])
})

t.test('all is every server, and only by itself', async (t) => {
  barman.act('list-backups', answer())
  const reply = (await boss.get('/barman/list-backups?server_name=all')).json<CommandReply>()
  t.same(Object.keys(reply.servers ?? {}), ['main', 'pg-1', 'pg-2'])
  t.same(asked('list-backups'), [['--', 'main'], ['--', 'pg-1'], ['--', 'pg-2']])
  problemIn(t, await boss.get('/barman/list-backups?server_name=all&server_name=main'), 400, 'bad-request')
})

t.test('a name beyond the list stops all: nothing is run', async (t) => {
  const before = asked('status').length
  const problem = problemIn(t, await boss.post('/barman/status', { server_name: ['main', 'nosuch', 'pg-1', 'other'] }), 404, 'unknown-server')
  t.same(problem.errors?.map(({ pointer }) => pointer), ['/server_name/1', '/server_name/3'])
  t.equal(asked('status').length, before)
})

t.test('a part that fails is told beside those that do not', async (t) => {
  barman.act('status', answer('[ "$server" = pg-2 ] && { echo "ERROR: Unable to connect to server pg-2" >&2; exit 1; };'))
  const reply = await boss.get('/barman/status?server_name=all')
  t.match([reply.statusCode, reply.json()], [200, {
    exitCode: 1, ok: false, result: { main: {}, 'pg-1': {} }, errors: ['Unable to connect to server pg-2'], servers: { main: { ok: true }, 'pg-2': { exitCode: 1, ok: false, problem: { code: 'postgres-unreachable', status: 503 } } }
  }])
})

t.test('a silent server ends as 504 for its own part, and delays nobody beyond its time', async (t) => {
  barman.act('status', answer('[ "$server" = pg-1 ] && sleep 600;'))
  const started = performance.now()
  const reply = await boss.get('/barman/status?server_name=all&api_timeout=2')
  t.ok(performance.now() - started < 8_000, 'it waits for none but the time-out')
  t.match([reply.statusCode, reply.json()], [200, {
    exitCode: null, ok: false, result: { main: {}, 'pg-2': {} }, servers: { main: { ok: true }, 'pg-1': { exitCode: null, ok: false, problem: { code: 'barman-timeout', status: 504 } }, 'pg-2': { ok: true } }
  }])
  t.notOk('pg-1' in reply.json<{ result: object }>().result)
})

t.test('while one server hangs, calls of others are answered', async (t) => {
  const hanging = boss.get('/barman/status?server_name=pg-1&api_timeout=4')
  const started = performance.now()
  for (let round = 0; round < 3; round++) t.equal((await boss.get('/barman/status?server_name=main')).statusCode, 200)
  t.ok(performance.now() - started < 3_500)
  problemIn(t, await hanging, 504, 'barman-timeout')
})

t.test('where no part ran to its end there is no reply but a problem', async (t) => {
  barman.act('status', 'sleep 600')
  problemIn(t, await boss.get('/barman/status?server_name=main&server_name=pg-1&api_timeout=1'), 504, 'barman-timeout')
  barman.act('status', 'kill -9 $$')
  problemIn(t, await boss.get('/barman/status?server_name=main&server_name=pg-1'), 502, 'barman-failed')
})

t.test('one failed check of several is no problem, unless it shall be strict', async (t) => {
  barman.act('check', 'for server; do :; done; printf \'{"%s": {"ssh": {"status": "FAILED"}}}\' "$server"; [ "$server" = main ]; exit')
  t.match((await boss.get('/barman/check?server_name=all')).json(), { ok: false, exitCode: 1, servers: { main: { ok: true }, 'pg-1': { ok: false, exitCode: 1 } } })
  problemIn(t, await boss.get('/barman/check?server_name=all&api_strict=1'), 503, 'check-failed')
})

t.test('a command for one server takes no second one', async (t) => {
  problemIn(t, await boss.get('/barman/show-backup?server_name=main&server_name=pg-1&backup_id=latest'), 400, 'bad-request')
  problemIn(t, await boss.post('/barman/show-backup', { server_name: ['main'], backup_id: 'latest' }), 400, 'bad-request')
  problemIn(t, await boss.get('/barman/show-backup?server_name=all&backup_id=latest'), 404, 'unknown-server')
})
