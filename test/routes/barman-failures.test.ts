import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildApp, problemIn, until } from '../support/app.ts'

const { boss, barman, folder, log } = await buildApp(t)
const says = (error: string, code = 1) => `echo 'ERROR: ${error}' >&2; exit ${code}`

t.test('a read that fails says what Barman says, with a status that fits', async (t) => {
  const cases: ReadonlyArray<readonly [script: string, status: number, code: string]> = [
    [says('Unknown server "x"').replaceAll('"', "'\\''"), 404, 'unknown-server'],
    ['printf \'{"_ERROR": ["Unknown backup %s"]}\' "\'x\' for server \'main\'"; exit 1', 404, 'unknown-backup'],
    [says('Another backup process is running'), 409, 'server-busy'],
    [says('Unable to connect to server main'), 503, 'postgres-unreachable'],
    [says('something new'), 502, 'barman-failed'],
    ['printf \'{"_EXCEPTION": ["something new"]}\'; exit 1', 502, 'barman-failed'],
    ['kill -9 $$', 502, 'barman-failed'],
    ['exit 9', 502, 'barman-failed'],
    ["echo 'usage: barman status [-h]\nbarman status: error: unrecognized arguments: --x' >&2; exit 2", 500, 'internal'],
    ['echo "sh: barman: not found" >&2; exit 127', 503, 'barman-unusable']
  ]
  for (const [script, status, code] of cases) {
    barman.act('status', script)
    const problem = problemIn(t, await boss.get('/barman/status?server_name=main'), status, code)
    t.match([script, problem['reply']], [script, { command: 'status', ok: false }])
  }
})

t.test('a check that fails is a report, unless it shall be strict', async (t) => {
  barman.act('check', 'printf \'{"main": {"ssh": {"status": "FAILED", "hint": ""}}}\'; exit 1')
  t.match(await boss.get('/barman/check?server_name=main'), { statusCode: 200 })
  t.match((await boss.get('/barman/check?server_name=main')).json(), { ok: false, exitCode: 1, result: { main: { ssh: { status: 'FAILED' } } }, errors: [] })
  for (const reply of [await boss.get('/barman/check?server_name=main&api_strict=true'), await boss.post('/barman/check', { server_name: 'main', api_strict: true })]) {
    t.match(problemIn(t, reply, 503, 'check-failed')['reply'], { ok: false, result: { main: {} } })
  }
  barman.act('check', 'printf \'{"main": {"ssh": {"status": "OK", "hint": ""}}}\'; exit 0')
  t.match((await boss.get('/barman/check?server_name=main&api_strict=true')).json(), { ok: true })
})

t.test('a read that takes too long is a 504, and nothing of it is left', async (t) => {
  barman.act('show-backup', 'echo $$ >"$here/pid"; sleep 600 & echo $! >"$here/child"; wait')
  problemIn(t, await boss.get('/barman/show-backup?server_name=main&backup_id=latest&api_timeout=1'), 504, 'barman-timeout')
  for (const name of ['pid', 'child']) await until(`${name} is gone`, () => !lives(Number(readFileSync(join(folder, 'barman', name), 'utf8'))))
})

t.test('a read that ignores SIGTERM is killed', async (t) => {
  barman.act('show-backup', 'trap "" TERM; echo $$ >"$here/stubborn"; while :; do sleep 1; done')
  problemIn(t, await boss.get('/barman/show-backup?server_name=main&backup_id=latest&api_timeout=1'), 504, 'barman-timeout')
  await until('it is gone', () => !lives(Number(readFileSync(join(folder, 'barman', 'stubborn'), 'utf8'))))
})

t.test('output beyond what fits into memory ends the process', async (t) => {
  barman.act('list-files', 'head -c 100000000 /dev/zero; exit 0')
  const reply = await boss.get('/barman/list-files?server_name=main&backup_id=latest')
  problemIn(t, reply, 502, 'output-too-large')
  t.ok(reply.body.length < 2_000, 'and what it printed is not sent along')
})

t.test('a change that ran is never a 5xx: proxies would send it again', async (t) => {
  const cases: ReadonlyArray<readonly [script: string, status: number, code: string]> = [
    ['printf \'{"_ERROR": ["Unknown backup %s"]}\' "\'x\' for server \'main\'"; exit 1', 404, 'unknown-backup'],
    [says('Another backup process is running'), 409, 'server-busy'],
    ['echo "WARNING: Skipping delete of backup x for server main due to minimum redundancy requirements" >&2; echo "ERROR: Cannot delete backup (x) of server" >&2; exit 1', 409, 'refused-by-barman'],
    [says('Unable to connect to server main'), 422, 'barman-failed'],
    [says('something new'), 422, 'barman-failed'],
    ['kill -9 $$', 422, 'barman-failed'],
    ['exit 2', 422, 'barman-failed'],
    ['exit 127', 422, 'barman-failed']
  ]
  for (const [script, status, code] of cases) {
    barman.act('delete', script)
    const problem = problemIn(t, await boss.post('/barman/delete', { server_name: 'main', backup_id: 'latest' }), status, code)
    t.match([script, problem], [script, { ticket: /^[0-9a-f-]{36}$/, exitCode: Number, reply: { command: 'delete', state: 'failed', ok: false } }])
    t.equal((await boss.get(`/history/${String(problem['ticket'])}`)).json<{ state: string }>().state, 'failed')
  }
})

t.test('a change that ran well while its caller waited is a 200', async (t) => {
  barman.act('delete', 'printf \'{"_INFO": ["Deleted backup"]}\'; exit 0')
  const reply = await boss.post('/barman/delete', { server_name: 'main', backup_id: 'latest' })
  t.match(reply, { statusCode: 200, headers: { 'cache-control': 'no-store', location: /^\/history\// } })
  t.match(reply.json(), { state: 'succeeded', ok: true, exitCode: 0, output: ['Deleted backup'] })
})

t.test('what Barman says on the way out holds no secret, in the reply and in the log', async (t) => {
  barman.act('status', says('connection to host=db password=hush failed'))
  const reply = await boss.get('/barman/status?server_name=main')
  t.notMatch(reply.body, 'hush')
  t.notMatch(JSON.stringify(log), 'hush')
})

function lives (pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}
