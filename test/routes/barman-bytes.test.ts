import { cpSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { buildApp, problemIn, until } from '../support/app.ts'
import { answerOn, dial, exchange } from '../support/sockets.ts'

const LIMIT = 100_000
const { app, boss, barman, folder } = await buildApp(t, { config: `[barman]\nmax_wal_bytes = ${LIMIT}` })
const WAL = '000000010000000000000001'
const garbage = () => readdirSync(join(folder, 'store', 'garbage'))
const puts = () => barman.calls().filter(([command]) => command === 'put-wal')
const send = (payload: Buffer, query = 'server_name=main') => boss.send({ method: 'POST', url: `/barman/put-wal?${query}`, headers: { 'content-type': 'application/x-tar' }, payload })

t.test('get-wal answers with the bytes, whole, and nothing else', async (t) => {
  barman.act('get-wal', 'head -c 3000000 /dev/zero | tr "\\000" "\\377"; exit 0')
  for (const reply of [await boss.get(`/barman/get-wal?server_name=main&wal_name=${WAL}`), await boss.post('/barman/get-wal', { server_name: 'main', wal_name: WAL })]) {
    t.match(reply, { statusCode: 200, headers: { 'content-type': 'application/octet-stream', 'content-length': 3_000_000 } })
    t.ok(reply.rawPayload.length === 3_000_000 && reply.rawPayload.every((byte) => byte === 0xff))
  }
  t.ok(barman.argvs().filter((words) => words.includes('get-wal')).every((words) => !words.includes('--format=json')), 'JSON would be appended to the bytes')
  t.same(garbage(), [])
})

t.test('a get-wal that fails sends no byte of what it printed', async (t) => {
  const cases: ReadonlyArray<readonly [script: string, status: number, code: string]> = [
    ['echo "ERROR: WAL file \'x\' not found in server \'main\' (SSH host: x)" >&2; exit 1', 404, 'not-found'],
    ['head -c 500000 /dev/zero; exit 1', 502, 'barman-failed'],
    ['head -c 500000 /dev/zero; kill -9 $$', 502, 'barman-failed'],
    ['head -c 500000 /dev/zero; sleep 600', 504, 'barman-timeout']
  ]
  for (const [script, status, code] of cases) {
    barman.act('get-wal', script)
    problemIn(t, await boss.get(`/barman/get-wal?server_name=main&wal_name=${WAL}&api_timeout=1`), status, code)
  }
  await until('nothing is left in garbage', () => garbage().length === 0)
})

t.test('peek lists names in JSON', async (t) => {
  barman.act('get-wal', 'printf \'{"_INFO": ["000000010000000000000001"]}\'; exit 0')
  t.match((await boss.get(`/barman/get-wal?server_name=main&wal_name=${WAL}&peek=3`)).json(), { ok: true, output: [WAL] })
})

t.test('put-wal hands its body to barman byte for byte', async (t) => {
  barman.act('put-wal', 'cat >"$here/received"; exit 0')
  const body = Buffer.from(Array.from({ length: LIMIT }, (_, index) => index % 256))
  const reply = await send(body)
  t.match([reply.statusCode, reply.json()], [200, { state: 'succeeded', exitCode: 0, command: 'put-wal' }])
  t.equal(statSync(join(folder, 'barman', 'received')).size, LIMIT)
  t.same(puts(), [['put-wal', '--', 'main']])
  t.notOk(stdins().length, 'and is not kept')
})

t.test('put-wal that Barman refuses is a 422', async (t) => {
  barman.act('put-wal', 'cat >/dev/null; echo "EXCEPTION: not a tar" >&2; exit 1')
  t.match(problemIn(t, await send(Buffer.from('garbage')), 422, 'barman-failed'), { detail: 'not a tar', exitCode: 1, ticket: /-/ })
})

t.test('put-wal takes a tar, and takes it by POST', async (t) => {
  const before = puts().length
  problemIn(t, await boss.get('/barman/put-wal?server_name=main'), 415, 'unsupported-media-type')
  problemIn(t, await boss.post('/barman/put-wal', { server_name: 'main' }), 415, 'unsupported-media-type')
  problemIn(t, await send(Buffer.from('x'), 'server_name=nosuch'), 404, 'unknown-server')
  problemIn(t, await send(Buffer.from('x'), 'server_name=main&colour=red'), 400, 'unknown-parameter')
  t.equal(puts().length, before)
})

t.test('a body beyond the limit is a 413 and starts nothing', async (t) => {
  const before = puts().length
  problemIn(t, await send(Buffer.alloc(LIMIT + 1)), 413, 'payload-too-large')
  t.equal(puts().length, before)
  t.notOk(stdins().length)
})

t.test('a body that breaks off starts nothing, at any moment', async (t) => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const before = puts().length
  for (const bytes of [0, 1, 50_000, LIMIT - 1]) {
    const socket = await dial(app)
    socket.write(head(LIMIT))
    socket.write(Buffer.alloc(bytes))
    if (bytes > 0) await until('the body is coming', () => stdins().length === 1)
    socket.destroy()
    await until('what came is gone', () => stdins().length === 0)
  }
  const torn = await exchange(app, 'POST /barman/put-wal?server_name=main HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n' +
    `Authorization: Bearer ${boss.token}\r\n\r\n5\r\nhello\r\nXYZ\r\n`)
  t.match(torn, { status: 400, json: { code: 'bad-request' } }, 'a broken chunk')
  t.equal(puts().length, before)
})

t.test('a service that dies while a body is coming does not run half of it at its next start', async (t) => {
  const before = puts().length
  const socket = await dial(app)
  socket.write(head(LIMIT))
  socket.write(Buffer.alloc(LIMIT / 2))
  await until('half of it is there', () => stdins().some((file) => statSync(file).size === LIMIT / 2))
  const copy = join(t.testdir(), 'copy')
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true })
  socket.destroy()
  const second = await buildApp(t, { folder: copy })
  const { jobs } = (await second.boss.get('/history/list?command=put-wal')).json<{ jobs: Job[] }>()
  for (const { ticket } of jobs) await second.boss.ended(ticket)
  t.equal(second.barman.calls().filter(([command]) => command === 'put-wal').length, before)
})

t.test('a body that comes slowly is taken whole', async (t) => {
  barman.act('put-wal', 'cat >"$here/received"; exit 0')
  const socket = await dial(app)
  socket.write(head(3))
  for (const [index, byte] of ['a', 'b', 'c'].entries()) {
    if (index > 0) await until(`${index} bytes are there`, () => stdins().some((file) => statSync(file).size === index))
    socket.write(byte)
  }
  t.match(await answerOn(socket), { status: 200, json: { state: 'succeeded' } })
})

function head (length: number): string {
  return `POST /barman/put-wal?server_name=main HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nContent-Length: ${length}\r\nConnection: close\r\nAuthorization: Bearer ${boss.token}\r\n\r\n`
}

/** The inputs of jobs that are on disk now. */
function stdins (): string[] {
  const active = join(folder, 'store', 'active')
  return readdirSync(active).flatMap((month) => readdirSync(join(active, month)).map((ticket) => join(active, month, ticket, 'stdin'))).filter((file) => existsSync(file))
}
