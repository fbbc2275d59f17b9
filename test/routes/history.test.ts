import t from 'tap'
import type { Job, JobSummary } from '../../schemas/job.ts'
import { buildApp, problemIn } from '../support/app.ts'

const { boss, user, barman } = await buildApp(t)
const operator = await user('operator', ['read', 'operate'], { servers: ['pg-*'], deny: ['barman/verify'] })
const start = async (command: string, body: object): Promise<Job> => (await boss.post(`/barman/${command}`, { api_async: true, ...body })).json()
const page = async (query = '', caller = boss) => (await caller.get(`/history/list${query}`)).json<{ month: string, jobs: JobSummary[], nextCursor: string | null }>()

t.test('a list of jobs, newest first, page by page', async (t) => {
  const tickets: string[] = []
  for (const server of ['main', 'pg-1', 'pg-2']) tickets.unshift((await start('archive-wal', { server_name: server })).ticket)
  await Promise.all(tickets.map((ticket) => boss.ended(ticket)))
  const all = await page()
  t.same(all.jobs.map(({ ticket }) => ticket), tickets)
  t.match(all, { month: /^\d{6}$/, nextCursor: null })
  t.notOk(all.jobs.some((job) => 'output' in job), 'without output')
  const first = await page('?limit=2')
  t.same(first.jobs.map(({ ticket }) => ticket), tickets.slice(0, 2))
  const second = await page(`?limit=2&cursor=${first.nextCursor}`)
  t.same(second.jobs.map(({ ticket }) => ticket), tickets.slice(2))
  t.equal(second.nextCursor, null)
  t.same((await boss.post('/history/list', { limit: 1 })).json<{ jobs: unknown[] }>().jobs, all.jobs.slice(0, 1), 'by POST too')
})

t.test('filters', async (t) => {
  barman.act('switch-wal', 'echo "ERROR: no" >&2; exit 1')
  const { ticket } = await start('switch-wal', { server_name: 'main' })
  await boss.ended(ticket)
  const counts: Readonly<Record<string, number>> = {
    'state=failed': 1, 'state=succeeded': 3, 'state=running': 0, 'command=switch-xlog': 1, 'command=archive-wal': 3, 'server=pg-1': 1, 'user=boss': 4, 'user=nobody': 0, 'past=197001': 0, 'state=failed&server=pg-1': 0
  }
  for (const [query, count] of Object.entries(counts)) t.equal((await page(`?${query}`)).jobs.length, count, query)
})

t.test('what cannot be a filter is refused by its place', async (t) => {
  const cases: Readonly<Record<string, string>> = {
    'past=2026': '/past', 'past=202613': '/past', 'past=..%2F..': '/past', 'state=done': '/state', 'limit=0': '/limit', 'limit=501': '/limit', 'limit=x': '/limit', 'cursor=..': '/cursor', 'colour=red': '/colour', 'past=202601&past=202602': '/past'
  }
  for (const [query, pointer] of Object.entries(cases)) {
    const reply = await boss.get(`/history/list?${query}`)
    t.match([query, reply.statusCode, reply.json()], [query, 400, { errors: [{ pointer }] }])
  }
})

t.test('a job by its ticket, three ways', async (t) => {
  const { ticket } = await start('archive-wal', { server_name: 'main' })
  const job = await boss.ended(ticket)
  t.match(job, { ticket, kind: 'command', state: 'succeeded', ok: true, exitCode: 0, command: 'archive-wal', servers: ['main'], user: 'boss', parameters: { server_name: 'main' } })
  t.same((await boss.get(`/history/result?ticket=${ticket}`)).json(), job)
  t.same((await boss.post('/history/result', { ticket })).json(), job)
})

t.test('a ticket that is none, or nobody has, is refused', async (t) => {
  const foreign = '00000000-0000-7000-8000-000000000000'
  problemIn(t, await boss.get(`/history/${foreign}`), 404, 'job-not-found')
  problemIn(t, await boss.get(`/history/result?ticket=${foreign}`), 404, 'job-not-found')
  problemIn(t, await boss.post(`/history/${foreign}/cancel`), 404, 'job-not-found')
  for (const ticket of ['x', '%2e%2e%2f', `${foreign}x`, foreign.toUpperCase().replace('8', 'A'), '%00']) {
    t.match(problemIn(t, await boss.get(`/history/${ticket}`), 400, 'bad-request').errors, [{ pointer: '/ticket' }])
  }
  t.match(problemIn(t, await boss.get('/history/result'), 400, 'bad-request').errors, [{ pointer: '/ticket' }])
  t.match(problemIn(t, await boss.get(`/history/result?ticket=${foreign}&ticket=${foreign}`), 400, 'bad-request').errors, [{ pointer: '/ticket' }])
})

t.test('a job is there only for who may call its command on its servers', async (t) => {
  const seen = await start('archive-wal', { server_name: 'pg-1' })
  const elsewhere = await start('archive-wal', { server_name: 'main' })
  const denied = await start('verify-backup', { server_name: 'pg-1', backup_id: 'latest' })
  await Promise.all([seen, elsewhere, denied].map(({ ticket }) => boss.ended(ticket)))
  t.equal((await operator.get(`/history/${seen.ticket}`)).statusCode, 200)
  for (const { ticket } of [elsewhere, denied]) {
    problemIn(t, await operator.get(`/history/${ticket}`), 404, 'job-not-found')
    problemIn(t, await operator.get(`/history/result?ticket=${ticket}`), 404, 'job-not-found')
    problemIn(t, await operator.post(`/history/${ticket}/cancel`), 404, 'job-not-found')
  }
  const { jobs } = await page('', operator)
  t.ok(jobs.length > 0 && jobs.every(({ servers, command }) => servers[0]?.startsWith('pg-') && command !== 'verify-backup'))
})

t.test('a job of all servers is not there for who may see only some', async (t) => {
  const { ticket } = await start('cron', {})
  await boss.ended(ticket)
  problemIn(t, await operator.get(`/history/${ticket}`), 404, 'job-not-found')
})

t.test('a batch of which he may see a part only is not there for him', async (t) => {
  const { ticket } = await start('check', { server_name: ['main', 'pg-1'] })
  await boss.ended(ticket)
  problemIn(t, await operator.get(`/history/${ticket}`), 404, 'job-not-found')
})

t.test('secrets in parameters and output are masked', async (t) => {
  barman.act('archive-wal', 'echo "WARNING: cannot use host=db password=hush" >&2; exit 0')
  const { ticket } = await start('archive-wal', { server_name: 'pg-2' })
  const job = await boss.ended(ticket)
  t.match(job.warnings, ['cannot use host=db password=*REDACTED*'])
  t.notMatch(JSON.stringify(job), 'hush')
})

t.test('an ended job cannot be canceled', async (t) => {
  const { ticket } = await start('archive-wal', { server_name: 'main' })
  await boss.ended(ticket)
  problemIn(t, await boss.post(`/history/${ticket}/cancel`), 409, 'job-not-running')
  problemIn(t, await (await user('reader', ['read'])).post(`/history/${ticket}/cancel`), 403, 'forbidden')
})
