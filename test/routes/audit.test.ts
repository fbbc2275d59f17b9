import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'
import type { AuditPage } from '../../schemas/audit.ts'

const users = { clerk: { scopes: ['users', 'read'], servers: ['pg-*'] }, reader: { scopes: ['read'] } } as const
const { app, folder, boss, user } = await buildApp(t, { users })
const reader = await user('reader')
const lines = async (query = '', caller = boss) => (await caller.get(`/audit${query}`)).json<AuditPage>().entries
const basic = (name: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` })

t.test('it is for the scope users', async (t) => {
  problemIn(t, await reader.get('/audit'), 403, 'forbidden')
  t.match(await lines('?event=refusal'), [{ event: 'refusal', outcome: 'refused', user: 'reader', address: '127.0.0.1', details: { method: 'GET', route: '/audit', code: 'forbidden' } }])
  t.match(await boss.get('/audit'), { statusCode: 200, headers: { 'cache-control': 'no-store' } })
  problemIn(t, await boss.get('/audit?since=yesterday'), 400, 'bad-request')
})

t.test('a login is one line: done, failed, or refused', async (t) => {
  const ask = (name: string, password: string) => app.inject({ url: '/auth/token', headers: basic(name, password) })
  await ask('reader', 'password of reader')
  for (let n = 0; n < 4; n++) await ask('nobody', 'hush-hush')
  t.same((await lines('?event=login')).map(({ user, outcome, details: { code = '' } }) => `${user} ${outcome} ${code}`.trim()),
    ['nobody refused too-many-attempts', ...Array(3).fill('nobody failed unauthorized'), 'reader ok'])
  t.equal((await lines('?user=nobody')).length, 4, 'and no refusal beside')
})

t.test('a stranger without credentials is no event, one with a bad token is', async (t) => {
  const before = (await lines('?event=refusal')).length
  await app.inject('/barman/help')
  t.equal((await lines('?event=refusal')).length, before)
  const { requestId } = (await app.inject({ url: '/barman/help', headers: { authorization: 'Bearer a.b.c' } })).json<{ requestId: string }>()
  t.match((await lines('?event=refusal'))[0], { user: null, requestId, details: { code: 'unauthorized', route: '/barman/help' } })
})

t.test('changes are lines with what was asked for, and no secret', async (t) => {
  await boss.post('/auth/user/add', { username: 'ann', password: 'hush-hush', scopes: ['read'] })
  await boss.post('/auth/user/add', { username: 'ann', password: 'hush-hush' })
  await boss.get('/auth/user/change?username=ann&password=hush-again')
  await boss.post('/auth/user/ann/revoke')
  await boss.send({ method: 'DELETE', url: '/auth/user/ann' })
  await boss.post('/barman/reload')
  t.match((await lines('?event=user')).toReversed(), [
    { event: 'user.add', outcome: 'ok', user: 'boss', details: { username: 'ann', scopes: ['read'] } },
    { event: 'user.add', outcome: 'failed', details: { code: 'user-exists' } },
    { event: 'user.change', outcome: 'ok' }, { event: 'user.revoke', outcome: 'ok', details: { username: 'ann' } }, { event: 'user.delete', outcome: 'ok', details: { username: 'ann' } }
  ])
  t.match(await lines('?event=barman.reload'), [{ outcome: 'ok', user: 'boss' }])
})

t.test('a job is two lines: by whom, from where, on what, and how it ended', async (t) => {
  const done = await boss.post('/barman/switch-wal', { server_name: ['main'] })
  const { ticket, requestId } = done.json<{ ticket: string, requestId: string }>()
  const [ended, created] = await lines('?event=job')
  t.match(created, { event: 'job.created', outcome: 'ok', user: 'boss', address: '127.0.0.1', requestId, details: { ticket, command: 'switch-wal', servers: ['main'] } })
  t.match(ended, { event: 'job.ended', outcome: 'ok', user: 'boss', details: { ticket, state: 'succeeded', exitCode: 0 } })
  const seen = await lines('?limit=500', await user('clerk'))
  t.ok(seen.length > 5)
  t.notOk(seen.some(({ event }) => event.startsWith('job.')), 'not for who may not see the server')
})

t.test('neither passwords nor tokens are in the file', async (t) => {
  const text = readFileSync(join(folder, 'store', 'logs', 'audit.log'), 'utf8')
  for (const secret of ['hush', 'password of', boss.token, reader.token]) t.notOk(text.includes(secret))
})
