import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { buildApp, problemIn } from '../support/app.ts'
import { exchange } from '../support/sockets.ts'

const first = await buildApp(t, { config: '[application]\nreply_wait = 1', users: { other: {}, narrow: {} } })
const { boss, user, barman, folder } = first
const RESTORE = { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/x' }
const key = (value: string) => ({ 'idempotency-key': value })
const ran = (command: string) => barman.calls().filter(([name]) => name === command).length
const REPLAYED = { statusCode: 200, headers: { 'idempotency-replayed': 'true', 'cache-control': 'no-store' } }

t.test('the same key, route, user and body is the same ticket, whatever has become of the job', async (t) => {
  barman.act('restore', 'until [ -e "$here/go" ]; do sleep 0.02; done; exit 0')
  const reply = await boss.post('/barman/restore', RESTORE, key('nightly 1'))
  t.match(reply, { statusCode: 202, headers: { 'idempotency-replayed': undefined } })
  const { ticket } = reply.json<Job>()
  const again = await boss.post('/barman/recover', { ...Object.fromEntries(Object.entries(RESTORE).reverse()) }, key('nightly 1'))
  t.match(again, { ...REPLAYED, headers: { ...REPLAYED.headers, location: `/history/${ticket}`, 'retry-after': /^\d+$/ } }, 'by another name of the command, and in another order')
  t.match(again.json(), { ticket, ok: null })
  const query = new URLSearchParams(RESTORE)
  t.match((await boss.get(`/barman/restore?${query}`, key('nightly 1'))).json(), { ticket }, 'by GET')
  writeFileSync(join(folder, 'barman', 'go'), '')
  await boss.ended(ticket)
  const late = await boss.post('/barman/restore', RESTORE, key('nightly 1'))
  t.match(late, REPLAYED)
  t.match(late.json(), { ticket, state: 'succeeded', ok: true })
  t.equal(ran('restore'), 1)
  const record = readFileSync(join(folder, 'store', 'active', ticketMonth(ticket), ticket, 'job.json'), 'utf8')
  t.match(JSON.parse(record), { v: 1, idempotencyKey: /^[0-9a-f]{64}$/, bodyHash: /^[0-9a-f]{64}$/ })
  t.notMatch(record, /nightly 1/)
})

t.test('another body is refused by name; another key, user, command or no key is another job', async (t) => {
  const { ticket } = (await boss.post('/barman/restore', RESTORE, key('k'))).json<Job>()
  for (const other of [{ ...RESTORE, backup_id: 'oldest' }, { ...RESTORE, target_immediate: true }, { ...RESTORE, api_timeout: 5 }]) {
    const problem = problemIn(t, await boss.post('/barman/restore', other, key('k')), 422, 'idempotency-mismatch')
    t.match(problem, { ticket, job: `/history/${ticket}` })
  }
  const other = await user('other')
  const tickets = await Promise.all([
    other.post('/barman/restore', RESTORE, key('k')), boss.post('/barman/restore', RESTORE, key('K')),
    boss.post('/barman/verify-backup', { server_name: 'main', backup_id: 'latest' }, key('k')), boss.post('/barman/restore', RESTORE)
  ].map(async (reply) => (await reply).json<Job>().ticket))
  t.equal(new Set([ticket, ...tickets]).size, 5)
  for (const each of [ticket, ...tickets]) await boss.ended(each)
})

t.test('twenty at the same moment are one job', async (t) => {
  barman.act('cron', 'exit 0')
  const replies = await Promise.all(Array.from({ length: 20 }, () => boss.post('/barman/cron', {}, key('at once'))))
  t.equal(new Set(replies.map((reply) => reply.json<Job>().ticket)).size, 1)
  t.equal(replies.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 19)
  t.same(replies.map(({ statusCode }) => statusCode).sort(), [...Array.from({ length: 19 }, () => 200), 202])
  await boss.ended(replies[0]?.json<Job>().ticket ?? '')
  t.equal(ran('cron'), 1)
})

t.test('a short command that failed fails again in the same words, without being run again', async (t) => {
  barman.act('switch-wal', 'echo "ERROR: no" >&2; exit 1')
  const reply = problemIn(t, await boss.post('/barman/switch-wal', { server_name: 'main' }, key('short')), 422, 'barman-failed')
  const again = await boss.post('/barman/switch-wal', { server_name: 'main' }, key('short'))
  t.equal(problemIn(t, again, 422, 'barman-failed')['ticket'], reply['ticket'])
  t.match(again.headers, { 'idempotency-replayed': 'true', location: `/history/${String(reply['ticket'])}` })
  t.equal(ran('switch-wal'), 1)
})

t.test('a key whose job was not taken in stays free', async (t) => {
  barman.act('archive-wal', 'until [ -e "$here/free" ]; do sleep 0.02; done; exit 0')
  const { ticket } = (await boss.post('/barman/archive-wal', { server_name: 'main', api_async: true })).json<Job>()
  const body = { server_name: 'main', backup_id: 'latest' }
  t.match(problemIn(t, await boss.post('/barman/delete', body, key('free')), 409, 'server-busy'), { ticket, job: `/history/${ticket}` })
  writeFileSync(join(folder, 'barman', 'free'), '')
  await boss.ended(ticket)
  t.match((await boss.post('/barman/delete', { ...body, backup_id: 'oldest' }, key('free'))).json(), { state: 'succeeded' }, 'also for something else')
})

t.test('a body of bytes counts, byte by byte', async (t) => {
  const put = (bytes: string, name = 'wal') => boss.send({ method: 'POST', url: '/barman/put-wal?server_name=main', headers: { 'content-type': 'application/x-tar', ...key(name) }, payload: bytes })
  barman.act('put-wal', 'cat >/dev/null; exit 0')
  const [one, two] = await Promise.all([put('x'.repeat(300_000)), put('x'.repeat(300_000))])
  t.equal(one.json<Job>().ticket, two.json<Job>().ticket)
  t.equal([one, two].filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 1)
  problemIn(t, await put('x'.repeat(299_999) + 'y'), 422, 'idempotency-mismatch')
  t.equal(ran('put-wal'), 1)
})

t.test('several servers are one batch', async (t) => {
  const body = { server_name: 'all', api_async: true }
  barman.act('rebuild-xlogdb', 'exit 0')
  const { ticket, jobs } = (await boss.post('/barman/rebuild-xlogdb', body, key('all'))).json<Job>()
  await boss.ended(ticket)
  t.match((await boss.post('/barman/rebuild-xlogdb', body, key('all'))).json(), { ticket, jobs, state: 'succeeded' })
  t.equal(ran('rebuild-xlogdb'), 3)
})

t.test('a key is 1 to 255 printable characters, once', async (t) => {
  for (const odd of ['', 'x'.repeat(256), 'ü', 'tab\tbed']) {
    problemIn(t, await boss.post('/barman/cron', {}, key(odd)), 400, 'bad-request')
  }
  await first.app.listen({ port: 0, host: '127.0.0.1' })
  const headers = ['Host: x', `Authorization: Bearer ${boss.token}`, 'Connection: close', 'Idempotency-Key: a', 'idempotency-key: a']
  const twice = await exchange(first.app, `GET /barman/cron HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
  t.match(twice.json, { status: 400, code: 'bad-request', detail: /more than one/ })
  t.match((await boss.get('/barman/check?server_name=main', key('a read'))).statusCode, 200, 'a read that is no job takes no notice')
  t.equal((await boss.ended((await boss.post('/barman/cron', {}, key('~ '.repeat(127).trim()))).json<Job>().ticket)).state, 'succeeded')
})

t.test('a key outlives the service', async (t) => {
  const { ticket } = (await boss.post('/barman/restore', RESTORE, key('kept'))).json<Job>()
  await boss.ended(ticket)
  const calls = ran('restore')
  await first.close()
  const { boss: next } = await buildApp(t, { folder })
  const reply = await next.post('/barman/restore', RESTORE, key('kept'))
  t.match(reply, REPLAYED)
  t.match(reply.json(), { ticket, state: 'succeeded' })
  problemIn(t, await next.post('/barman/restore', { ...RESTORE, backup_id: 'oldest' }, key('kept')), 422, 'idempotency-mismatch')
  t.equal(ran('restore'), calls)
})

function ticketMonth (ticket: string): string {
  return new Date(Number.parseInt(ticket.replace('-', '').slice(0, 12), 16)).toISOString().slice(0, 7).replace('-', '')
}
