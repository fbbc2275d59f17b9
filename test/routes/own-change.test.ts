import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { OwnChange } from '../../schemas/config-change.ts'
import { buildApp, problemIn } from '../support/app.ts'

const CHANGE = '/config/barmanapi/change'
const { app, boss, user, folder, log } = await buildApp(t, {
  config: '; ours\n[jobs]\nslots = 2 ; two\n[auth_token]\nsecret = a-signing-key-that-nobody-may-see\ntoken_life = 600\n[log]\nmax_bytes = 5000\n',
  env: { ...process.env as Record<string, string>, BARMANAPI_JOBS_QUEUE: '7' }
})
const file = join(folder, 'barmanapi.conf')
const text = () => readFileSync(file, 'utf8')

t.test('what is safe while running counts at once, and the file keeps every other byte', async (t) => {
  const before = text()
  const mode = statSync(file).mode
  const done = (await boss.post(CHANGE, { 'jobs.slots': 3, 'barman.read_timeout': 5, 'log.max_bytes': 9000, 'auth_token.token_life': 300 })).json<OwnChange>()
  t.match(done, { changed: true, atomic: true, file, applied: ['jobs.slots', 'barman.read_timeout', 'log.max_bytes', 'auth_token.token_life'], restartNeeded: [] })
  t.equal(text(), before.replace('slots = 2', 'slots = 3').replace('max_bytes = 5000', 'max_bytes = 9000').replace('= 600', '= 300').replace(/(config_file = .*\n)/, '$1read_timeout = 5\n'))
  t.equal(statSync(file).mode, mode)
  t.match(app.settings, { jobs: { slots: 3 }, barman: { read_timeout: 5 }, log: { max_bytes: 9000 } })
  t.match((await boss.get('/config/barmanapi')).json(), { sections: { jobs: { slots: { value: 3 } } } })
  const { token } = (await app.inject({ url: '/auth/token', headers: { authorization: `Basic ${Buffer.from('boss:password of boss').toString('base64')}` } })).json<{ token: string }>()
  const { iat, exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iat: number, exp: number }
  t.equal(exp - iat, 300, 'new tokens live shorter')
})

t.test('by GET as barmanapi 0.3 had it; what leads elsewhere needs exec and a restart', async (t) => {
  const clerk = await user('clerk', ['read', 'config'])
  problemIn(t, await clerk.get(`${CHANGE}?application.store_directory=/elsewhere`), 403, 'forbidden')
  const reply = await boss.get(`${CHANGE}?application.store_directory=/elsewhere&barman.config_file=/etc/other.conf`)
  t.match(reply, { statusCode: 200, headers: { 'cache-control': 'no-store' } })
  t.match(reply.json(), { applied: [], restartNeeded: ['application.store_directory', 'barman.config_file'] })
  t.match(text(), 'store_directory = /elsewhere')
  t.not(app.settings.application.store_directory, '/elsewhere')
  t.match((await clerk.get(`${CHANGE}?unset=jobs.slots&dry_run=true`)).json(), { changed: true, dryRun: true, applied: [], diff: /-slots = 3/ })
  t.match(text(), 'slots = 3')
  t.match((await clerk.get(`${CHANGE}?unset=jobs.slots`)).json(), { changed: true, applied: ['jobs.slots'] })
  t.equal(app.settings.jobs.slots, 4, 'the default')
})

t.test('everything else says why not, and nothing changes', async (t) => {
  const before = text()
  for (const [change, words] of [
    [{ 'user.secret': 'x' }, /only .* are changed here/], [{ 'auth_token.secret': 'x' }, /only/], [{ 'barman.command': '/bin/sh' }, /only/], [{ 'policy.delete': 'read' }, /only/],
    [{ 'target x.directory': '/x' }, /only/], [{ 'application.trusted_proxies': '0.0.0.0' }, /only/], [{ 'auth_token.token_life': 301 }, /at most 300/], [{ unset: 'auth_token.token_life' }, /at most 300/],
    [{ 'jobs.queue': 5 }, /BARMANAPI_JOBS_QUEUE/], [{ 'jobs.slots': 5, 'user.secret': 'x' }, /only/]
  ] as const) t.match(JSON.stringify(problemIn(t, await boss.post(CHANGE, change), 409, 'only-in-the-file').errors), words)
  for (const change of [{ 'jobs.slots': 'many' }, { 'jobs.slots': 0 }, { 'application.port': 70000 }, { slots: 1 }, {}]) problemIn(t, await boss.post(CHANGE, change), 400, 'bad-request')
  t.equal(text(), before)
  t.notMatch(JSON.stringify(log), 'nobody-may-see')
})

t.test('without a file there is nothing to change', async (t) => {
  Object.assign(app.settings, { file: null })
  t.teardown(() => Object.assign(app.settings, { file }))
  problemIn(t, await boss.post(CHANGE, { 'jobs.slots': 5 }), 409, 'only-in-the-file')
})
