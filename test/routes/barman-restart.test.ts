import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { buildApp, type TestApp, until } from '../support/app.ts'
import { exchange } from '../support/sockets.ts'

const RESTORE = { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/x' }
const HELD = 'echo started; until [ -e "$here/go" ]; do sleep 0.02; done; echo went; exit 0'

t.test('a ticket outlives the service', async (t) => {
  const first = await buildApp(t)
  const { ticket } = (await first.boss.post('/barman/switch-wal', { server_name: 'main', api_async: true })).json<Job>()
  const before = await first.boss.ended(ticket)
  const { boss } = await restart(t, first)
  t.same((await boss.get(`/history/${ticket}`)).json(), before)
  t.same((await boss.get('/history/list')).json<{ jobs: Job[] }>().jobs.map((job) => job.ticket), [ticket])
  t.equal((await boss.get(`/auth/user?token=${first.boss.token}`, { authorization: '' })).statusCode, 400, 'two tokens')
  t.equal((await boss.get('/auth/user', { authorization: `Bearer ${first.boss.token}` })).statusCode, 200, 'and so does a token')
})

t.test('a job that runs on is found again, and runs once', async (t) => {
  const first = await buildApp(t)
  first.barman.act('restore', HELD)
  const { ticket } = (await first.boss.post('/barman/restore', RESTORE)).json<Job>()
  await until('it runs', async () => (await first.boss.get(`/history/${ticket}`)).json<Job>().output.includes('started'))
  const { boss, barman } = await restart(t, first)
  t.match((await boss.get(`/history/${ticket}`)).json(), { state: 'running', ok: null, output: ['started'] })
  go(first)
  t.match(await boss.ended(ticket), { state: 'succeeded', exitCode: 0, output: ['started', 'went'] })
  t.equal(barman.calls().filter(([command]) => command === 'restore').length, 1)
})

t.test('a job that runs on holds its server, and can be canceled', async (t) => {
  const first = await buildApp(t)
  first.barman.act('archive-wal', HELD)
  const { ticket } = (await first.boss.post('/barman/archive-wal', { server_name: 'main', api_async: true })).json<Job>()
  await until('it runs', async () => (await first.boss.get(`/history/${ticket}`)).json<Job>().output.includes('started'))
  const { boss } = await restart(t, first)
  t.match((await boss.post('/barman/delete', { server_name: 'main', backup_id: 'latest' })).json(), { code: 'server-busy', ticket })
  t.equal((await boss.post(`/history/${ticket}/cancel`)).statusCode, 202)
  t.match(await boss.ended(ticket), { state: 'canceled' })
})

t.test('a job that ended meanwhile is settled by what it left', async (t) => {
  const first = await buildApp(t)
  first.barman.act('restore', `${HELD.replace('exit 0', 'echo "ERROR: broken" >&2; exit 1')}`)
  const { ticket } = (await first.boss.post('/barman/restore', RESTORE)).json<Job>()
  await until('it runs', async () => (await first.boss.get(`/history/${ticket}`)).json<Job>().output.includes('started'))
  await first.close()
  go(first)
  await until('it has ended', () => existsSync(join(jobFolder(first, ticket), 'exit')))
  const { boss } = await restart(t, first)
  t.match(await boss.ended(ticket), { state: 'failed', exitCode: 1, errors: ['broken'] })
})

t.test('a job that vanished without a trace is unknown, and stays so', async (t) => {
  const first = await buildApp(t)
  first.barman.act('restore', 'echo $$ >"$here/pid"; exec sleep 600')
  const { ticket } = (await first.boss.post('/barman/restore', RESTORE)).json<Job>()
  const folder = await until('it runs', () => existsSync(join(first.folder, 'barman', 'pid')) && jobFolder(first, ticket))
  await first.close()
  const leader = Number(readFileSync(join(folder, 'identity'), 'utf8').split(' ')[0])
  process.kill(-leader, 'SIGKILL')
  await until('it is gone', () => !existsSync(`/proc/${leader}`) || /^State:\s*Z/m.test(readFileSync(`/proc/${leader}/status`, 'utf8')))
  const second = await restart(t, first)
  t.match(await second.boss.ended(ticket), { state: 'unknown', reason: 'no-exit-record', exitCode: null, ok: false })
  writeFileSync(join(folder, 'exit'), `${'0 1'.padEnd(62)}\n`)
  const third = await restart(t, second)
  t.match((await third.boss.get(`/history/${ticket}`)).json(), { state: 'unknown' }, 'whatever comes later')
})

t.test('what was queued starts in order after a restart', async (t) => {
  const first = await buildApp(t)
  first.barman.act('archive-wal', HELD)
  for (const command of ['delete', 'rebuild-xlogdb']) first.barman.act(command, `echo ${command} >>"$here/order"; exit 0`)
  const body = { server_name: 'main', api_async: true, api_if_busy: 'queue' }
  const running = (await first.boss.post('/barman/archive-wal', body)).json<Job>()
  const second = (await first.boss.post('/barman/delete', { ...body, backup_id: 'latest' })).json<Job>()
  const third = (await first.boss.post('/barman/rebuild-xlogdb', body)).json<Job>()
  await until('the first one runs', async () => (await first.boss.get(`/history/${running.ticket}`)).json<Job>().output.includes('started'))
  const { boss, folder } = await restart(t, first)
  t.match((await boss.get(`/history/${third.ticket}`)).json(), { state: 'queued' })
  go(first)
  for (const { ticket } of [running, second, third]) t.match(await boss.ended(ticket), { state: 'succeeded' })
  t.equal(readFileSync(join(folder, 'barman', 'order'), 'utf8'), 'delete\nrebuild-xlogdb\n')
})

t.test('what was queued by who may not do it any more is canceled', async (t) => {
  const users = { gone: {}, reader: {}, elsewhere: {}, denied: {}, still: {} }
  const first = await buildApp(t, { users })
  first.barman.act('archive-wal', HELD)
  const body = { server_name: 'main', api_async: true, api_if_busy: 'queue' }
  const running = (await first.boss.post('/barman/archive-wal', body)).json<Job>()
  const queued: Record<string, string> = {}
  for (const name of Object.keys(users)) queued[name] = (await (await first.user(name)).post('/barman/rebuild-xlogdb', body)).json<Job>().ticket
  await until('the first one runs', async () => (await first.boss.get(`/history/${running.ticket}`)).json<Job>().output.includes('started'))
  await first.app.users.remove('gone')
  await first.app.users.change('reader', { scopes: ['read'] })
  await first.app.users.change('elsewhere', { servers: ['pg-*'] })
  await first.app.users.change('denied', { deny: ['hosts/default/barman/rebuild-xlogdb'] })
  const second = await restart(t, first)
  go(first)
  await second.boss.ended(running.ticket)
  for (const name of ['gone', 'reader', 'elsewhere', 'denied']) t.match(await second.boss.ended(queued[name] ?? ''), { state: 'canceled', reason: 'not-allowed', startedAt: null }, name)
  t.match(await second.boss.ended(queued['still'] ?? ''), { state: 'succeeded' })
  t.equal(second.barman.calls().filter(([command]) => command === 'rebuild-xlogdb').length, 1)
  t.same(second.log.filter(({ msg }) => /^queued job refused/.test(String(msg))).map(({ user, ticket, because }) => [user, ticket === queued[String(user)], typeof because]),
    ['gone', 'reader', 'elsewhere', 'denied'].map((name) => [name, true, 'string']))
})

t.test('who waits for a job when the service ends is answered at once', async (t) => {
  const first = await buildApp(t)
  first.barman.act('restore', HELD)
  const { ticket } = (await first.boss.post('/barman/restore', RESTORE)).json<Job>()
  await until('it runs', async () => (await first.boss.get(`/history/${ticket}`)).json<Job>().output.includes('started'))
  await first.app.listen({ port: 0, host: '127.0.0.1' })
  const answer = exchange(first.app, `GET /history/${ticket}?wait=55 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${first.boss.token}\r\nConnection: close\r\n\r\n`)
  await once(first.app.server, 'request')
  await first.close()
  t.match(await answer, { status: 200, json: { ticket, state: 'running' } }, 'the exchange itself gives up after ten seconds')
  go(first)
  const { boss } = await restart(t, { ...first, close: async () => {} })
  t.match(await boss.ended(ticket), { state: 'succeeded' })
})

t.test('a batch whose jobs ended just before a crash is settled', async (t) => {
  const first = await buildApp(t)
  const head = (await first.boss.post('/barman/switch-wal', { server_name: ['main', 'pg-1'], api_async: true })).json<Job>()
  await first.boss.ended(head.ticket)
  await first.close()
  const file = join(jobFolder(first, head.ticket), 'job.json')
  const record = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  writeFileSync(file, JSON.stringify({ ...record, state: 'running', finishedAt: null })) // as it stood before its last job's end was noted
  const { boss } = await restart(t, first)
  t.match(await boss.ended(head.ticket), { state: 'succeeded', ok: true })
})

/** Ends the service and starts another upon its store; its jobs live on. */
async function restart (t: Parameters<typeof buildApp>[0], { close, folder }: TestApp): Promise<TestApp> {
  await close()
  return buildApp(t, { folder })
}

function go ({ folder }: TestApp): void {
  writeFileSync(join(folder, 'barman', 'go'), '')
}

function jobFolder ({ folder }: TestApp, ticket: string): string {
  const active = join(folder, 'store', 'active')
  return readdirSync(active).map((month) => join(active, month, ticket)).find((found) => existsSync(found)) ?? ''
}
