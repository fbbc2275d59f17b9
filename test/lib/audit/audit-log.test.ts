import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { AuditLog } from '../../../lib/audit/audit-log.ts'
import { linesBackwards } from '../../../lib/audit/backwards.ts'

const open = (t: Test, maxBytes = 2000, backups = 50) => {
  const file = join(t.testdir(), 'audit.log')
  return { file, log: new AuditLog({ file, maxBytes, backups, onError: (error) => { throw error } }) }
}
const numbers = (entries: ReadonlyArray<{ details: Record<string, unknown> }>) => entries.map(({ details }) => details['n'])
const COUNT = 200
const DOWN = Array.from({ length: COUNT }, (_, n) => COUNT - 1 - n)

t.test('rotation loses nothing, and pages lead through all files, newest first', async (t) => {
  const { file, log } = open(t)
  for (let n = 0; n < COUNT; n++) log.write({ event: 'login', outcome: 'ok', user: 'ü', details: { n } })
  t.ok(readdirSync(join(file, '..')).length > 10)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.strictSame(numbers((await log.page({ limit: 500 })).entries), DOWN)
  const seen: unknown[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<AuditLog['page']>> = await log.page({ limit: 7, ...cursor === null ? {} : { cursor } })
    seen.push(...numbers(page.entries))
    cursor = page.nextCursor
  } while (cursor !== null)
  t.strictSame(seen, DOWN)
})

t.test('pages go on where they were while lines come and files rotate', async (t) => {
  const { file, log } = open(t)
  for (let n = 0; n < COUNT; n++) log.write({ event: 'login', outcome: 'ok', details: { n } })
  const lines: string[] = []
  for await (const line of linesBackwards(file)) {
    lines.push(line)
    log.write({ event: 'login', outcome: 'ok', details: { later: true } })
  }
  t.strictSame(numbers(lines.map((line) => JSON.parse(line))), DOWN)
})

t.test('who, when and what are asked for', async (t) => {
  const { log } = open(t)
  for (const [event, user] of [['user.add', 'ann'], ['userx.add', 'ann'], ['user.change', 'bob'], ['login', 'ann']] as const) log.write({ event, outcome: 'ok', user })
  const events = async (query: object) => (await log.page(query)).entries.map(({ event }) => event)
  t.strictSame(await events({ event: 'user' }), ['user.change', 'user.add'])
  t.strictSame(await events({ event: 'user.add' }), ['user.add'])
  t.strictSame(await events({ user: 'ann', limit: 2 }), ['login', 'userx.add'])
  const soon = new Date(Date.now() + 60_000).toISOString()
  t.equal((await events({ until: soon })).length, 4)
  t.strictSame(await events({ since: soon }), [])
  t.strictSame(await events({ until: '2020-01-01T00:00:00Z' }), [])
  t.strictSame(await events({ cursor: '00000000-0000-0000-0000-000000000000' }), [], 'of a line that is gone')
  t.same((await log.page({}, ({ user }) => user === 'bob')).entries.map(({ user }) => user), ['bob'])
})

t.test('no secret is written, nor an endless line; what is no line of ours is passed over', async (t) => {
  const { file, log } = open(t, 1_000_000)
  log.write({ event: 'user.add', outcome: 'ok', user: 'x'.repeat(500), details: { username: 'ann', password: 'hush-hush', current_password: 'hush-too', note: 'password=hush' } })
  t.notMatch(readFileSync(file, 'utf8'), 'hush')
  appendFileSync(file, `torn {"id":\n\nnull\n[]\n{"id":"x"}\n${'y'.repeat(3_000_000)}\n`)
  log.write({ event: 'config.change', outcome: 'ok', details: { big: 'z'.repeat(10_000) } })
  const { entries } = await log.page({})
  t.match(entries, [{ event: 'config.change', details: { tooLong: true } }, { event: 'user.add', details: { username: 'ann' } }])
  t.equal(entries.length, 2)
  t.equal(entries[1]?.user?.length, 64)
})
