import { once } from 'node:events'
import t from 'tap'
import { buildApp, until } from '../support/app.ts'
import { answerOn, dial, exchange } from '../support/sockets.ts'

const { app, boss, barman, log } = await buildApp(t)
await app.listen({ port: 0, host: '127.0.0.1' })
const authorization = `Authorization: Bearer ${boss.token}\r\n`
const problem = { title: String, status: Number, detail: String, code: 'bad-request', requestId: /^[0-9a-f-]{36}$/ }

t.test('bytes that are no HTTP are a 400 problem, and the connection ends', async (t) => {
  const bytes: Readonly<Record<string, string | Buffer>> = {
    noise: Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03]),
    words: 'hello\r\n\r\n',
    'another version': 'GET / HTTP/9.9\r\n\r\n',
    'no Host': 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n',
    'a body in Latin-1': Buffer.from(`POST /barman/check HTTP/1.1\r\nHost: x\r\n${authorization}Connection: close\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n{"server_name":["\xe9"]}`, 'latin1'),
    'a strange method': 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n',
    'a blank in a header name': 'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
    'a NUL in a header': 'GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n',
    'a NUL in the path': 'GET /barman/sta\0tus HTTP/1.1\r\nHost: x\r\n\r\n',
    'a line feed alone': 'GET / HTTP/1.1\nHost: x\n\n',
    'a folded header': 'GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n',
    'two lengths': 'POST /barman/check HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    'a length and chunks': 'POST /barman/check HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a negative length': 'POST /barman/check HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'a length of letters': 'POST /barman/check HTTP/1.1\r\nHost: x\r\nContent-Length: 0x10\r\n\r\n',
    'a broken chunk': `POST /barman/check HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n`
  }
  for (const [name, text] of Object.entries(bytes)) {
    const { status, headers, json } = await exchange(app, text)
    t.match({ name, status, json }, { name, status: 400, json: { ...problem, status: 400 } })
    t.match(headers, /^content-type: application\/problem\+json/im, name)
  }
  t.equal(barman.calls().filter((words) => !words.includes('--minimal')).length, 0)
})

t.test('paths with dots in them, which clients take out, lead nowhere', async (t) => {
  for (const path of ['/barman/..', '/barman/.', '/barman/%2e/help', '/barman/%2e%2e/help', '/barman/../config/barmanapi', '/barman/./help', '/barman/%2e%2e', '/docs/static/..%2f..%2fpackage.json', '/docs/static/../../package.json', '/docs/static/%2e%2e/%2e%2e/package.json', '/..', '*', 'http://evil.example/barman/help?x=y#z']) {
    const { status, body } = await exchange(app, `GET ${path} HTTP/1.1\r\nHost: x\r\n${authorization}Connection: close\r\n\r\n`)
    t.match([path, status], [path, path.startsWith('http:') ? 400 : /^40[034]$/])
    t.notMatch(body, '"name": "barmanapi"')
  }
})

t.test('headers beyond the limit are a 431', async (t) => {
  const { status, json } = await exchange(app, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`)
  t.match({ status, json }, { status: 431, json: problem })
})

t.test('a request smuggled behind another is a request of its own, without rights', async (t) => {
  const inner = 'GET /auth/user/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const { body, status } = await exchange(app, `POST /barman/list-servers HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}${inner}`)
  t.equal(status, 200)
  t.match(body, /HTTP\/1\.1 401 /)
})

t.test('a JSON body that breaks off, or is shorter than it says, runs nothing', async (t) => {
  const head = (length: number) => `POST /barman/check HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
  const done = () => log.filter(({ msg }) => msg === 'request done' || msg === 'request broke off').length
  for (const body of ['', '{', '{"server_name":"main"}']) {
    const before = done()
    const socket = await dial(app)
    socket.write(head(1_000) + body)
    if (body !== '') socket.end() // half closed: the rest never comes
    else socket.destroy()
    if (!socket.closed) await Promise.race([once(socket, 'close'), answerOn(socket)])
    await until('the service has seen it', () => done() > before || !app.server.listening || socket.destroyed)
  }
  t.equal((await boss.get('/health/live')).statusCode, 200)
  t.notOk(barman.calls().some(([command]) => command === 'check'))
})

t.test('a body that comes byte by byte is read like any other', async (t) => {
  const body = '{"server_name":"main"}'
  const socket = await dial(app)
  socket.setNoDelay(true)
  socket.write(`POST /barman/check HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`)
  for (const byte of body) await new Promise((resolve) => socket.write(byte, resolve))
  t.match(await answerOn(socket), { status: 200, json: { command: 'check', ok: true } })
})

t.test('a body that is no UTF-8 is refused', async (t) => {
  const body = Buffer.concat([Buffer.from('{"server_name":"ma'), Buffer.from([0xff, 0xfe]), Buffer.from('in"}')])
  const head = `POST /barman/check HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  const { status } = await exchange(app, Buffer.concat([Buffer.from(head), body]))
  t.ok(status === 400 || status === 404, `${status}`)
})

t.test('a caller that hangs up kills no change', async (t) => {
  barman.act('archive-wal', 'echo started; until [ -e "$here/go" ]; do sleep 0.02; done; exit 0')
  const socket = await dial(app)
  const body = '{"server_name":"main"}'
  socket.write(`POST /barman/archive-wal HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  const list = async () => (await boss.get('/history/list?command=archive-wal&state=running')).json<{ jobs: Array<{ ticket: string }> }>().jobs
  const [job] = await until('it runs', async () => { const jobs = await list(); return jobs.length > 0 && jobs })
  socket.destroy()
  await once(socket, 'close')
  await boss.get('/health/live')
  t.equal((await list()).length, 1, 'it runs on')
  t.equal((await boss.post(`/history/${job?.ticket}/cancel`)).statusCode, 202)
  await boss.ended(job?.ticket ?? '')
})

t.test('after all this the service is well', async (t) => {
  t.equal((await boss.get('/health/ready')).statusCode, 200)
  t.notOk(log.some(({ level }) => Number(level) >= 50), JSON.stringify(log.find(({ level }) => Number(level) >= 50)))
})
