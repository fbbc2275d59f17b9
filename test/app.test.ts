import Fastify from 'fastify'
import t from 'tap'
import audit from '../plugins/audit.ts'
import auth from '../plugins/auth.ts'
import problems from '../plugins/problems.ts'
import services from '../plugins/services.ts'
import { buildApp, problemIn } from './support/app.ts'

interface Document { readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly security?: unknown[] }>>>> }

const { app, boss, barman, log } = await buildApp(t)
const OPEN = ['/health/live', '/health/ready', '/openapi.json', '/docs']

t.test('a route that does not say who may call it keeps the service from starting', async (t) => {
  for (const config of [{}, { access: 'public' as const }]) {
    const other = Fastify()
    t.teardown(() => other.close())
    await other.register(problems)
    await other.register(services, { config: app.settings, folders: app.folders, secrets: app.secrets })
    await other.register(audit)
    await other.register(auth)
    other.get('/new', { config }, () => 'x')
    if ('access' in config) await other.ready()
    else await t.rejects(async () => other.ready(), { message: /GET \/new does not say who may call it/ })
  }
})

t.test('every documented route is closed to strangers, but for the few that are open', async (t) => {
  const { paths } = (await app.inject('/openapi.json')).json<Document>()
  t.ok(Object.keys(paths).length > 60)
  for (const [path, operations] of Object.entries(paths)) {
    const url = path.replaceAll(/\{\w+\}/g, '00000000-0000-7000-8000-000000000000')
    for (const verb of Object.keys(operations)) {
      const reply = await app.inject({ method: verb.toUpperCase() as 'GET' | 'POST', url })
      t.match([verb, path, reply.statusCode], [verb, path, OPEN.some((open) => path.startsWith(open)) ? 200 : 401])
    }
  }
  for (const url of OPEN) t.equal((await app.inject(url)).statusCode, 200, url)
  t.notOk(barman.calls().some((words) => !words.includes('--minimal')), 'and runs nothing')
})

t.test('whatever fails is a problem document, with the request id of the log', async (t) => {
  const headers = { authorization: `Bearer ${boss.token}` }
  const failures = [
    [await boss.get('/nosuch'), 404, 'not-found'],
    [await boss.post('/health/live'), 404, 'not-found'],
    [await boss.get('/barman/nosuch'), 404, 'unknown-command'],
    [await app.inject({ method: 'PUT', url: '/barman/check', headers }), 405, 'method-not-allowed'],
    [await app.inject({ method: 'HEAD', url: '/barman/help', headers }), 405, 'method-not-allowed'],
    [await app.inject({ method: 'POST', url: '/history/list', headers: { ...headers, 'content-type': 'text/xml' }, payload: '<x/>' }), 415, 'unsupported-media-type'],
    [await app.inject('/barman/help'), 401, 'unauthorized'],
    [await boss.get('/history/x'), 400, 'bad-request']
  ] as const
  for (const [reply, status, code] of failures) {
    const { requestId } = problemIn(t, reply, status, code)
    const lines = log.filter((line) => line['requestId'] === requestId)
    t.match(lines, [{ msg: 'request refused', code }, { msg: 'request done', status }], `${status} ${code}`)
    t.ok(lines.every(({ level }) => Number(level) <= 30), 'the fault of a caller is no error of ours')
  }
})

t.test('each request is one line, with who and how long, and without its query', async (t) => {
  const before = log.length
  await boss.get('/barman/list-servers?minimal=true', { 'x-secret': 'hush' })
  const lines = log.slice(before)
  t.match(lines, [{ msg: 'request done', level: 30, method: 'GET', path: '/barman/list-servers', status: 200, user: 'boss', remoteAddress: '127.0.0.1', durationMs: Number, requestId: /^[0-9a-f-]{36}$/ }])
  t.equal(lines.length, 1)
  t.notMatch(JSON.stringify(lines), /minimal|hush/)
})

t.test('no token reaches the log or an answer, however it was sent', async (t) => {
  const { token } = boss
  const replies = [
    await app.inject(`/barman/list-servers?token=${token}`), await app.inject(`/nosuch?token=${token}`), await app.inject(`/barman/check?token=${token}&server_nam=${token}`), await app.inject(`/history/list?token=${token}&cursor=${token}`),
    await boss.get(`/auth/user?token=${token}`), await boss.get(`/barman/${token}`), await boss.post('/barman/check', { server_name: token }), await boss.post('/auth/user/add', { username: 'x', password: token, token })
  ]
  for (const reply of replies) t.notOk(reply.body.includes(token), `${reply.statusCode}`)
  const text = log.filter(({ path }) => !String(path).startsWith('/barman/eyJ')).map((line) => JSON.stringify(line)).join('\n')
  t.notOk(text.includes(token))
})
