import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'
import { TEXTS } from './values.ts'

const { app, boss, barman, folder, log } = await buildApp(t)
const LONG = 'a'.repeat(10_000)
const calls = () => barman.calls().filter((words) => !words.includes('--minimal')).length

t.test('a command name in the path is the name of a command or nothing', async (t) => {
  const names = [
    '%2F', '%2f..%2fstatus', 'status%2F', 'status%2Fhelp', '..%2fstatus', '%00', 'status%00', '%00status', 'status%0a', 'status%20', '%20status', 'status.', 'status..', 'status;x', 'status;jsessionid=1', 'status%3Bx', 'status%23', 'status%3Fserver_name=main',
    '-h', '--', '--config=x', 'st%C3%A4tus', '%EF%BD%93tatus', 'statu%D1%95', 'status%E2%80%AE', '%F0%9F%98%80', '$(id)', '%60id%60', "'", '%22', '%5C', '%7B%7D', '*', ':command', '{command}', '__proto__', 'constructor', 'toString', 'status/..%2f', 'barman', '@', '%25', '%252e%252e', 'undefined', 'null'
  ]
  const before = calls()
  for (const name of names) {
    for (const url of [`/barman/${name}`, `/barman/${name}/help`]) {
      for (const reply of [await boss.get(url), await boss.post(url)]) t.match([url, reply.statusCode, reply.json()], [url, 404, { code: /^(?:unknown-command|not-found)$/, requestId: String }])
    }
  }
  t.equal(calls(), before)
})

t.test('a path that is no URL, or endless, is a 400', async (t) => {
  for (const url of ['/barman/%', '/barman/%zz', '/barman/%c0%ae', '/barman/%ff', '/barman/%ed%a0%80', `/barman/${LONG}`, `/barman/${LONG}/help`, `/history/${LONG}`, `/barman/${'%41'.repeat(300)}`]) {
    problemIn(t, await boss.get(url), 400, 'bad-request')
  }
  problemIn(t, await boss.get(`/${LONG}`), 404, 'not-found')
})

t.test('rights are decided on the route, however the path is spelled', async (t) => {
  const { user } = await buildApp(t, { users: { denied: { deny: ['barman/status'] } } })
  const denied = await user('denied')
  for (const url of ['/barman/status', '/barman/STATUS', '/barman/Status', '/barman/s%74atus', '/barman/%73%74%61%74%75%73', '/barman/sta-tus', '/barman/st_atus', '/barman/--status']) {
    const reply = await denied.get(`${url}?server_name=main`)
    t.ok([403, 404].includes(reply.statusCode), `${url}: ${reply.statusCode}`)
  }
  for (const url of ['//barman/status', '/barman//status', '/barman/status/', '/./barman/status', '/BARMAN/status', '/barman/status/.', '/barman/help/../status', '/x/%2e%2e/barman/status']) {
    t.ok((await denied.get(`${url}?server_name=main`)).statusCode >= 400, url)
  }
})

t.test('keys of a query and of a body are known parameters or are named back, cut and escaped', async (t) => {
  const before = calls()
  const keys = [...TEXTS.filter((text) => text !== '' && !['a', 'constructor', '--nagios'].includes(text)), 'constructor', 'hasOwnProperty', 'server_name\u0000', 'server_name[]', 'server_name[0]', 'server_name.a', 'server name', 'api_root', 'token ', ' token', 'TOKEN']
  for (const [index, key] of keys.entries()) {
    if (key === '__proto__') continue // no JSON that Fastify reads holds it
    for (const reply of [await boss.post('/barman/check', { server_name: 'main', [key]: 'x' }), ...isWellFormed(key) ? [await boss.get(`/barman/check?server_name=main&${encodeURIComponent(key)}=x`)] : []]) {
      const { errors = [] } = problemIn(t, reply, 400, 'unknown-parameter')
      t.ok(errors.length === 1 && (errors[0]?.pointer.length ?? 0) <= 210, `key ${index} is named, and not at length`)
      t.ok(reply.body.length < 2_000)
    }
  }
  problemIn(t, await boss.get('/barman/check?server_name=main&__proto__=x&__proto__[a]=y'), 400, 'unknown-parameter')
  t.equal(calls(), before)
})

t.test('thousands of keys end after a hundred faults', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, index]))
  for (const url of ['/barman/check', '/history/list', '/auth/user/add']) {
    const reply = await boss.post(url, many)
    t.ok(problemIn(t, reply, 400, 'unknown-parameter').errors?.length === 100 && reply.body.length < 20_000, url)
  }
})

t.test('raw bytes of a query are text or are refused', async (t) => {
  for (const raw of ['%ff', '%c0%ae%c0%ae%2f', '%ed%a0%80', '%00', 'main%00', '%0a', '%', '%zz', '%u0000', '%E2%80%AE', 'main%0d%0aX:y', '+', '%2b', 'main&', '&&&', ';server_name=pg-1', 'main#x']) {
    const reply = await boss.get(`/barman/check?server_name=${raw}`)
    t.ok([200, 400, 404].includes(reply.statusCode), `${raw}: ${reply.statusCode}`)
    if (reply.statusCode === 200) t.same(reply.json<{ command: string }>().command, 'check')
  }
  t.ok(barman.calls().filter(([command]) => command === 'check').every((words) => words.join(' ') === 'check -- main'))
})

t.test('headers are read or ignored, never trusted', async (t) => {
  const url = '/barman/list-servers'
  for (const prefer of ['wait=-1', 'wait=x', 'wait=99999999999', 'respond-async; x', 'wait="1', ',,,,', 'wait=1e3', LONG, 'respond-async="a, b"']) t.equal((await boss.get(url, { prefer })).statusCode, 200, prefer.slice(0, 40))
  for (const [name, value] of Object.entries({ 'x-http-method-override': 'DELETE', 'x-original-url': '/auth/user/list', 'x-forwarded-for': '1.1.1.1, 2.2.2.2', 'x-request-id': '"><script>', accept: 'text/html', host: 'evil.example', origin: 'null' })) {
    t.equal((await boss.get(url, { [name]: value })).statusCode, 200, name)
  }
  t.notOk(log.some(({ requestId }) => String(requestId).includes('script')), 'nobody else chooses a request id')
  t.ok(log.filter(({ msg }) => msg === 'request done').every(({ remoteAddress }) => remoteAddress === '127.0.0.1'), 'nor an address')
})

t.test('tickets and months are no paths', async (t) => {
  for (const text of ['..', '../../config/secrets', '/etc/passwd', '202611/../..', 'job.json', '%00', '.']) {
    for (const url of [`/history/result?ticket=${encodeURIComponent(text)}`, `/history/list?past=${encodeURIComponent(text)}`, `/history/list?cursor=${encodeURIComponent(text)}`]) problemIn(t, await boss.get(url), 400, 'bad-request')
  }
  t.same(readdirSync(join(folder, 'store')).sort(), ['active', 'archive', 'client.conf', 'config', 'garbage', 'logs'])
})

t.test('bodies beyond the limit are a 413', async (t) => {
  const body = JSON.stringify({ server_name: 'a'.repeat(1024 * 1024) })
  for (const url of ['/barman/check', '/auth/user/add', '/history/list', '/barman/nosuch']) {
    problemIn(t, await boss.send({ method: 'POST', url, headers: { 'content-type': 'application/json' }, payload: body }), 413, 'payload-too-large')
  }
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  problemIn(t, await boss.send({ method: 'POST', url: '/barman/check', headers: { 'content-type': 'application/json' }, payload: `{"server_name": ${deep}}` }), 400, 'bad-request')
})

t.test('nobody without a token learns what there is', async (t) => {
  for (const url of ['/barman/check', '/barman/nosuch', '/barman/help', '/history/list', '/config/barman']) problemIn(t, await app.inject(url), 401, 'unauthorized')
})

function isWellFormed (text: string): boolean {
  return !/\p{Cs}/u.test(text)
}
