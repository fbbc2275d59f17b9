import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { FileStore } from '../../../lib/jobs/file-store.ts'
import { newTicket } from '../../../lib/jobs/ticket.ts'
import { folder, job, read } from './support.ts'

function open (t: Test): { store: FileStore, active: string } {
  const active = join(folder(t), 'active')
  mkdirSync(active)
  return { store: new FileStore(active), active }
}

t.test('a record is read as it was written, whole, by us alone', async (t) => {
  const { store, active } = open(t)
  const record = job('exit 0', { parameters: { ['__proto__']: 1, 'ü"\n': [null, { a: true }] }, result: { deep: [1, 'x'] } })
  await store.create(record)
  t.strictSame(await store.get(record.ticket), JSON.parse(JSON.stringify(record)))
  await store.save({ ...record, state: 'running' })
  t.match(await store.get(record.ticket), { state: 'running' })
  t.strictSame(readdirSync(store.folder(record.ticket)), ['job.json'], 'nothing is left beside it')
  for (const path of readdirSync(active, { recursive: true }).map((name) => join(active, String(name)))) {
    const { mode } = statSync(path)
    t.equal(mode & 0o077, 0, path)
  }
  await t.rejects(store.create(record), { code: 'EEXIST' }, 'no ticket twice')
})

t.test('months and tickets come newest first, and nothing else does', async (t) => {
  const { store, active } = open(t)
  const times = ['2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z', '2026-02-01T00:00:01Z', '2025-12-01T00:00:00Z'].map((time) => Date.parse(time))
  const tickets = times.map((time) => newTicket(time))
  for (const ticket of tickets) await store.create(job('', { ticket }))
  mkdirSync(join(active, 'lost+found'))
  mkdirSync(join(active, '202601', 'not-a-ticket'))
  writeFileSync(join(active, '.keep'), '')
  t.strictSame(await store.months(), ['202602', '202601', '202512'])
  t.strictSame(await store.tickets('202602'), [tickets[2], tickets[1]])
  t.strictSame(await store.tickets('202601'), [tickets[0]])
  t.strictSame(await store.tickets('199901'), [])
})

t.test('what is no record of ours is no record, and never an error', async (t) => {
  const { store } = open(t)
  const good = job('exit 0')
  await store.create(good)
  const whole = JSON.stringify(good)
  for (const [what, text] of Object.entries({
    empty: '',
    torn: whole.slice(0, -20),
    zeros: '\0'.repeat(500),
    'no JSON': 'hello',
    'another ticket': whole.replace(good.ticket, newTicket()),
    'a later version': whole.replace('"v":1', '"v":2'),
    'an unknown state': whole.replace('"queued"', '"resting"'),
    'a member less': whole.replace('"slot":"short",', ''),
    null: 'null',
    list: '[]'
  })) {
    writeFileSync(join(store.folder(good.ticket), 'job.json'), text)
    t.equal(await store.get(good.ticket), undefined, what)
  }
  rmSync(join(store.folder(good.ticket), 'job.json'))
  t.equal(await store.get(good.ticket), undefined, 'missing')
  mkdirSync(join(store.folder(good.ticket), 'job.json'))
  t.equal(await store.get(good.ticket), undefined, 'a folder')
  rmSync(store.folder(good.ticket), { recursive: true })
  writeFileSync(store.folder(good.ticket), '')
  t.equal(await store.get(good.ticket), undefined, 'a file in place of its folder')
  rmSync(store.folder(good.ticket))
  symlinkSync(store.folder(good.ticket), store.folder(good.ticket))
  t.equal(await store.get(good.ticket), undefined, 'a link to itself')
  for (const odd of ['..', 'x', '', '../../etc']) t.throws(() => store.folder(odd), TypeError, odd)
})

t.test('every version of a record is whole, however many readers and writers there are', async (t) => {
  const { store } = open(t)
  const record = job('exit 0', { errors: ['x'.repeat(100_000)] })
  await store.create(record)
  const writing = { goesOn: true }
  const write = async () => { for (let n = 0; n < 40; n++) await store.save({ ...record, exitCode: n, warnings: ['y'.repeat(n * 1000)] }) }
  const look = async () => {
    let looks = 0
    for (; writing.goesOn; looks++) t.ok(await store.get(record.ticket) !== undefined)
    return looks
  }
  const [looks] = await Promise.all([look(), Promise.all([write(), write()]).then(() => { writing.goesOn = false })])
  t.ok(looks > 10, `${looks} looks`)
})

t.test('what a job reads is on disk before its record, or neither is', async (t) => {
  const { store } = open(t)
  const record = job('cat')
  await store.create(record, Readable.from(['a', 'b']))
  t.equal(read(store, record.ticket, 'stdin'), 'ab')
  await store.dropInput(record.ticket)
  await store.dropInput(record.ticket)
  t.strictSame(readdirSync(store.folder(record.ticket)), ['job.json'])

  const broken = job('cat')
  const input = new Readable({ read () { this.push('half'); this.destroy(new Error('hung up')) } })
  await t.rejects(store.create(broken, input), { message: 'hung up' })
  t.equal(await store.get(broken.ticket), undefined)
  t.strictSame(readdirSync(store.folder(broken.ticket)), [])
})

t.test('an exit record counts when the wrapper has finished it', async (t) => {
  const { store } = open(t)
  const { ticket } = job('')
  await store.create(job('', { ticket }))
  t.equal(await store.exit(ticket), null)
  for (const [text, code] of [['0 1700000000'.padEnd(62) + '\n', 0], ['143 1700000000'.padEnd(62) + '\n', 143], ['running'.padEnd(62) + '\n', null], ['0 17000', null], ['', null], ['\0'.repeat(63), null], ['-1 1700000000\n', null]] as const) {
    writeFileSync(join(store.folder(ticket), 'exit'), text)
    t.strictSame(await store.exit(ticket), code === null ? null : { exitCode: code, at: new Date(1_700_000_000_000) }, JSON.stringify(text))
  }
})

t.test('of long output there is the end, from the start of a line, and no character in halves', async (t) => {
  const { store } = open(t)
  const record = job('')
  await store.create(record)
  const output = (stdout: string, maxBytes: number) => {
    writeFileSync(join(store.folder(record.ticket), 'stdout'), stdout)
    return store.output(record.ticket, maxBytes)
  }
  t.strictSame(await store.output(record.ticket, 10), { stdout: '', stderr: '', truncated: false })
  t.match(await output('one\ntwo\nthree\n', 100), { stdout: 'one\ntwo\nthree\n', truncated: false })
  t.match(await output('one\ntwo\nthree\n', 14), { stdout: 'one\ntwo\nthree\n', truncated: false })
  t.match(await output('one\ntwo\nthree\n', 12), { stdout: 'two\nthree\n', truncated: true })
  t.match(await output('one\ntwo\nthree\n', 3), { stdout: 'ee\n', truncated: true }, 'of a line that is longer, its end')
  for (const bytes of [4, 5, 6, 7]) t.match(await output('aaaa😀😀', bytes), { stdout: '😀', truncated: true })
  writeFileSync(join(store.folder(record.ticket), 'stderr'), 'wrong\n')
  t.match(await output('fine\n', 100), { stdout: 'fine\n', stderr: 'wrong\n' })
})
