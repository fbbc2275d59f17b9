import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { buildApp, problemIn, until } from '../support/app.ts'

const { boss, user, barman, folder } = await buildApp(t, { config: '[application]\nreply_wait = 1', users: { other: {} } })
const SWITCHED = 'printf \'{"_INFO": ["switched"]}\'; exit 0'
const HELD = 'until [ -e "$here/go" ]; do sleep 0.02; done; exit 0'
let gates = 0

/** Makes a command wait until it is let go, and gives what lets it go. */
function hold (command: string): () => void {
  const gate = `go-${++gates}`
  barman.act(command, HELD.replace('go', gate))
  return () => { writeFileSync(join(folder, 'barman', gate), '') }
}

t.test('long commands are a ticket at once', async (t) => {
  const go = hold('restore')
  const reply = await boss.post('/barman/recover', { server_name: 'main', backup_id: '20260131T020000', destination_directory: '/srv/x', target_time: '2026-01-31 02:00:00+02:00' })
  t.match(reply, { statusCode: 202, headers: { 'content-type': /^application\/json/, 'retry-after': /^[1-9]\d*$/, 'cache-control': 'no-store' } })
  const job = reply.json<Job>()
  t.equal(reply.headers['location'], `/history/${job.ticket}`)
  t.match(job, { kind: 'command', command: 'restore', state: /^(?:queued|running)$/, ok: null, exitCode: null, finishedAt: null, user: 'boss', servers: ['main'], parameters: { backup_id: '20260131T020000' } })
  t.ok((await until('it runs', async () => (await boss.get(String(reply.headers['location']))).json<Job>().state === 'running')))
  go()
  t.match(await boss.ended(job.ticket), { state: 'succeeded', exitCode: 0, durationMs: Number })
  t.same(barman.argvs().filter((words) => words.includes('restore')), [['--color=never', 'restore', '--target-time=2026-01-31 02:00:00+02:00', '--', 'main', '20260131T020000', '/srv/x']])
})

t.test('any command that may be a job becomes one when asked', async (t) => {
  barman.act('switch-wal', SWITCHED)
  for (const reply of [
    await boss.post('/barman/switch-wal', { server_name: 'main', api_async: true }),
    await boss.post('/barman/switch-wal', { server_name: 'pg-1' }, { prefer: 'respond-async' }),
    await boss.get('/barman/switch-wal?server_name=pg-2&api_async=1'),
    await boss.post('/barman/check', { server_name: 'main' }, { prefer: 'handling=lenient, Respond-Async' })
  ]) {
    t.equal(reply.statusCode, 202)
    t.match(await boss.ended(reply.json<Job>().ticket), { state: 'succeeded' })
  }
})

t.test('who waits gets the job as it ended, whatever its state, or a 202', async (t) => {
  barman.act('switch-wal', 'echo "ERROR: no" >&2; exit 1')
  for (const reply of [await boss.post('/barman/switch-wal', { server_name: 'main', api_wait: 20 }), await boss.post('/barman/switch-wal', { server_name: 'main' }, { prefer: 'wait=20' })]) {
    t.match([reply.statusCode, reply.json()], [200, { state: 'failed', ok: false, exitCode: 1, errors: ['no'] }])
  }
  const go = hold('switch-wal')
  const replies = [
    await boss.post('/barman/switch-wal', { server_name: 'main', api_wait: 0 }),
    await boss.post('/barman/switch-wal', { server_name: 'pg-1' }, { prefer: 'wait=1' }),
    await boss.post('/barman/switch-wal', { server_name: 'pg-2' })
  ]
  for (const reply of replies) t.match([reply.statusCode, reply.json()], [202, { state: 'running' }], 'the last one after [application] reply_wait')
  go()
  for (const reply of replies) await boss.ended(reply.json<Job>().ticket)
})

t.test('the record is on disk before the process runs, and its words are exact', async (t) => {
  barman.act('cron', 'grep -q \'"state":"running"\' job.json && printf recorded; exit 0')
  const { ticket } = (await boss.post('/barman/cron')).json<Job>()
  t.match(await boss.ended(ticket), { state: 'succeeded', output: ['recorded'] })
})

t.test('output shows while it grows', async (t) => {
  barman.act('verify-backup', 'echo "first line"; until [ -e "$here/more" ]; do sleep 0.02; done; echo "password=hush"; exit 0')
  const { ticket } = (await boss.post('/barman/verify-backup', { server_name: 'main', backup_id: 'latest' })).json<Job>()
  await until('the first line shows', async () => (await boss.get(`/history/${ticket}`)).json<Job>().output.includes('first line'))
  writeFileSync(join(folder, 'barman', 'more'), '')
  t.match(await boss.ended(ticket), { state: 'succeeded', output: ['first line', 'password=*REDACTED*'] })
})

t.test('an identical GET within ten seconds is the same job; another user, or another parameter, is not', async (t) => {
  const other = await user('other')
  const go = hold('check-backup')
  const url = '/barman/check-backup?server_name=main&backup_id=latest&api_async=true'
  const [first, second, spelled, foreign, different] = await Promise.all([
    boss.get(url), boss.get(url), boss.get(url.replace('server_name', 'ServerName')), other.get(url), boss.get(url.replace('latest', 'oldest'))
  ])
  const [ticket = '', ...tickets] = [first, second, spelled, foreign, different].map((reply) => reply.json<Job>().ticket)
  t.same(tickets.slice(0, 2), [ticket, ticket])
  t.equal(new Set([ticket, ...tickets]).size, 3)
  t.not((await boss.post('/barman/check-backup', { server_name: 'main', backup_id: 'latest', api_async: true })).json<Job>().ticket, ticket, 'POST says what it means')
  go()
  await Promise.all(tickets.map((each) => boss.ended(each)))
  t.equal((await boss.get(url)).json<Job>().ticket, ticket, 'also once it has ended')
})

t.test('a second change of a server is refused with the ticket in its way, or waits in order', async (t) => {
  const go = hold('archive-wal')
  const { ticket } = (await boss.post('/barman/archive-wal', { server_name: 'main', api_async: true })).json<Job>()
  const busy = problemIn(t, await boss.post('/barman/delete', { server_name: 'main', backup_id: 'latest' }), 409, 'server-busy')
  t.equal(busy['ticket'], ticket)
  problemIn(t, await boss.post('/barman/backup', { server_name: ['pg-1', 'main'] }), 409, 'server-busy')
  t.notOk(barman.calls().some(([command]) => command === 'delete' || command === 'backup'), 'neither ran, also not for the server that is free')
  t.equal((await boss.get('/barman/list-backups?server_name=main')).statusCode, 200, 'reads go on')

  for (const command of ['delete', 'rebuild-xlogdb']) barman.act(command, `echo ${command} >>"$here/order"; exit 0`)
  const body = { server_name: 'main', api_if_busy: 'queue', api_async: true }
  const first = (await boss.post('/barman/delete', { ...body, backup_id: 'latest' })).json<Job>()
  const second = (await boss.post('/barman/rebuild-xlogdb', body)).json<Job>()
  t.match([first.state, second.state], ['queued', 'queued'])
  go()
  const [one, two] = [await boss.ended(first.ticket), await boss.ended(second.ticket)]
  t.match([one.state, two.state], ['succeeded', 'succeeded'])
  t.ok(String(one.finishedAt) <= String(two.startedAt), 'one after the other')
  t.equal((await boss.get(`/history/${ticket}`)).json<Job>().state, 'succeeded')
})

t.test('receive-wal streams as a job whatever was asked; with an option it is short', async (t) => {
  barman.act('receive-wal', '[ "$2" = --stop ] && exit 0; trap "exit 0" INT; while :; do sleep 0.1; done')
  const reply = await boss.post('/barman/receive-wal', { server_name: 'main', api_async: false })
  t.equal(reply.statusCode, 202)
  t.match((await boss.post('/barman/receive-wal', { server_name: 'main', stop: true })).json(), { state: 'succeeded' })
  const { ticket } = reply.json<Job>()
  t.equal((await boss.post(`/history/${ticket}/cancel`)).statusCode, 202)
  t.match((await boss.ended(ticket)).state, /^(?:canceled|succeeded)$/, 'Barman calls that a clean end')
})

t.test('several servers are a batch with one job each, as bad as its worst', async (t) => {
  barman.act('rebuild-xlogdb', 'for server; do :; done; [ "$server" = pg-2 ] && { echo "ERROR: no" >&2; exit 1; }; exit 0')
  const reply = await boss.post('/barman/rebuild-xlogdb', { server_name: 'all', api_async: true })
  t.equal(reply.statusCode, 202)
  const head = await boss.ended(reply.json<Job>().ticket)
  t.match(head, { kind: 'batch', state: 'failed', servers: ['main', 'pg-1', 'pg-2'], exitCode: null, jobs: [/-/, /-/, /-/], startedAt: String, finishedAt: String })
  const jobs = await Promise.all((head.jobs ?? []).map((ticket) => boss.ended(ticket)))
  t.match(jobs.map(({ servers, state, batch, parameters }) => ({ servers, state, batch, parameters })), [
    { servers: ['main'], state: 'succeeded', batch: head.ticket, parameters: { server_name: ['main'] } }, { servers: ['pg-1'], state: 'succeeded', batch: head.ticket }, { servers: ['pg-2'], state: 'failed', batch: head.ticket }
  ])
  t.equal(barman.calls().filter((words) => words[0] === 'rebuild-xlogdb' && words.length > 3).length, 0, 'one argv, one server')
  barman.act('rebuild-xlogdb', 'exit 0')
  t.match(await boss.ended((await boss.post('/barman/rebuild-xlogdb', { server_name: ['main', 'pg-2'], api_async: true })).json<Job>().ticket), { kind: 'batch', state: 'succeeded', ok: true })
})
