import t from 'tap'
import { History } from '../../../lib/jobs/history.ts'
import type { JobRecord } from '../../../lib/jobs/record.ts'
import { monthOf, newTicket } from '../../../lib/jobs/ticket.ts'
import type { User } from '../../../lib/users/user.ts'
import { folder, job, open } from './support.ts'

const BOSS: User = { name: 'boss', access: [], deny: [], scopes: ['read', 'operate', 'restore', 'destroy', 'config', 'users', 'exec'], servers: null, ver: 0 }
const month = monthOf(newTicket())

async function make (t: Parameters<typeof open>[0], records: ReadonlyArray<Partial<JobRecord>>) {
  const { registry, store } = await open(t, folder(t))
  const start = Date.now() - 1000
  const jobs = records.map((changes, n) => job('', { state: 'succeeded', ticket: newTicket(start + n), ...changes }))
  for (const record of jobs) await store.create(record)
  return { history: new History(registry), registry, tickets: jobs.map(({ ticket }) => ticket) }
}

t.test('pages follow each other without loss or repetition, newest first', async (t) => {
  const { history, tickets } = await make(t, Array.from({ length: 25 }, () => ({})))
  for (const limit of [1, 7, 24, 25, 26]) {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await history.page(BOSS, { limit, ...cursor === undefined ? {} : { cursor } })
      t.equal(page.month, month)
      t.ok(page.jobs.length > 0 && page.jobs.length <= limit)
      seen.push(...page.jobs.map(({ ticket }) => ticket))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    t.strictSame(seen, tickets.toReversed(), `pages of ${limit}`)
  }
  t.equal((await history.page(BOSS, {})).jobs.length, 25, 'fifty by default')
})

t.test('a job that comes in between pages shifts none', async (t) => {
  const { history, registry, tickets } = await make(t, Array.from({ length: 4 }, () => ({})))
  const { nextCursor } = await history.page(BOSS, { limit: 2 })
  await registry.submit(job('exit 0'))
  const { jobs } = await history.page(BOSS, { limit: 2, cursor: nextCursor ?? '' })
  t.strictSame(jobs.map(({ ticket }) => ticket), [tickets[1], tickets[0]])
})

t.test('filters hold across pages, and all at once', async (t) => {
  const states = ['succeeded', 'failed', 'canceled'] as const
  const { history } = await make(t, Array.from({ length: 30 }, (_, n) => ({
    state: states[n % 3] ?? 'unknown', command: n % 2 ? 'backup' : 'restore', names: n % 2 ? ['backup'] : ['restore', 'recover'], servers: [`s${n % 5}`], user: `u${n % 2}`
  })))
  const count = async (query: Parameters<History['page']>[1]) => (await history.page(BOSS, { limit: 500, ...query })).jobs.length
  t.equal(await count({ state: 'failed' }), 10)
  t.equal(await count({ command: 'restore' }), 15)
  t.equal(await count({ command: 'recover' }), 15, 'under any name')
  t.equal(await count({ server: 's3' }), 6)
  t.equal(await count({ user: 'u1' }), 15)
  t.equal(await count({ state: 'failed', command: 'backup', server: 's1' }), 1)
  t.equal(await count({ server: 'nosuch' }), 0)
  const { jobs, nextCursor } = await history.page(BOSS, { state: 'failed', limit: 4 })
  t.equal(jobs.length, 4)
  t.equal((await history.page(BOSS, { state: 'failed', limit: 10, cursor: nextCursor ?? '' })).jobs.length, 6)
})

t.test('a month has its own jobs, and one without any is empty', async (t) => {
  const old = newTicket(Date.parse('2016-02-10'))
  const { history } = await make(t, [{ ticket: old }, {}])
  t.match(await history.page(BOSS, { past: '201602' }), { month: '201602', jobs: [{ ticket: old }], nextCursor: null })
  t.strictSame(await history.page(BOSS, { past: '201601' }), { month: '201601', jobs: [], nextCursor: null })
  t.equal((await history.page(BOSS, {})).jobs.length, 1)
})

t.test('who may not call a command on a server sees no job of it', async (t) => {
  const { history, tickets } = await make(t, [{}, { servers: ['pg'] }, { names: ['restore', 'recover'], command: 'restore', scopes: ['restore'] }, { servers: ['main', 'pg'] }])
  const visible = async (changes: Partial<User>) => {
    const user = { ...BOSS, ...changes }
    const listed = (await history.page(user, {})).jobs.map(({ ticket }) => ticket)
    for (const ticket of tickets) {
      if (listed.includes(ticket)) t.match(await history.job(user, ticket), { ticket })
      else await t.rejects(history.job(user, ticket), { code: 'job-not-found' })
      if (!listed.includes(ticket)) await t.rejects(history.cancel(user, ticket), { code: 'job-not-found' })
    }
    return listed.map((ticket) => tickets.indexOf(ticket)).reverse()
  }
  t.strictSame(await visible({}), [0, 1, 2, 3])
  t.strictSame(await visible({ servers: ['main'] }), [0, 2])
  t.strictSame(await visible({ servers: ['pg*'] }), [1])
  t.strictSame(await visible({ scopes: ['read', 'operate'] }), [0, 1, 3])
  t.strictSame(await visible({ deny: ['barman/recover'] }), [0, 1, 3])
  t.strictSame(await visible({ deny: ['barman'] }), [])
})
