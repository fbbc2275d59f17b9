import t from 'tap'
import { Scheduler } from '../../../lib/jobs/scheduler.ts'
import type { JobRecord } from '../../../lib/jobs/record.ts'
import { job, lane } from './support.ts'

const of = (slot: JobRecord['slot'], changes: Partial<JobRecord> = {}) => job('', { slot, ...changes })

/** Admits jobs that are on disk at once. */
function admit (scheduler: Scheduler, ...records: readonly JobRecord[]): void {
  for (const record of records) {
    scheduler.admit(record, true)
    scheduler.ready(record.ticket)
  }
}

/** Every job that may start now. */
function startable (scheduler: Scheduler): JobRecord[] {
  const started = []
  for (let next = scheduler.next(); next; next = scheduler.next()) started.push(next)
  return started
}

t.test('long jobs run in so many slots, in the order they came', async (t) => {
  const scheduler = new Scheduler({ slots: 2, queue: 10 })
  const jobs = Array.from({ length: 5 }, () => of('long'))
  admit(scheduler, ...jobs)
  t.strictSame(startable(scheduler), jobs.slice(0, 2))
  scheduler.end(jobs[1]?.ticket ?? '')
  t.strictSame(startable(scheduler), jobs.slice(2, 3))
  scheduler.end(jobs[3]?.ticket ?? '') // it waits: it is stopped
  scheduler.end(jobs[0]?.ticket ?? '')
  t.strictSame(startable(scheduler), jobs.slice(4))
})

t.test('two slots are kept for restores, which may use the others too, and no more than all run', async (t) => {
  const scheduler = new Scheduler({ slots: 2, queue: 100 })
  const longs = Array.from({ length: 3 }, () => of('long'))
  const restores = Array.from({ length: 5 }, () => of('restore'))
  admit(scheduler, ...longs)
  t.equal(startable(scheduler).length, 2)
  admit(scheduler, ...restores)
  t.strictSame(startable(scheduler), restores.slice(0, 2), 'two of a full house')
  scheduler.end(longs[0]?.ticket ?? '')
  t.strictSame(startable(scheduler), [longs[2]], 'first come')
  for (const { ticket } of longs) scheduler.end(ticket)
  t.strictSame(startable(scheduler), restores.slice(2, 4))
  const late = of('long')
  admit(scheduler, late)
  t.strictSame(startable(scheduler), [], 'four of four run')
  scheduler.end(restores[0]?.ticket ?? '')
  t.strictSame(startable(scheduler), [restores[4]])
  scheduler.end(restores[1]?.ticket ?? '')
  t.strictSame(startable(scheduler), [late])
})

t.test('short jobs have slots of their own, and what needs none never waits', async (t) => {
  const scheduler = new Scheduler({ slots: 1, queue: 1000 })
  admit(scheduler, of('long'), of('long'), ...Array.from({ length: 20 }, () => of('short')), ...Array.from({ length: 50 }, () => of('none')))
  const started = startable(scheduler)
  t.strictSame(['long', 'short', 'none'].map((slot) => started.filter((record) => record.slot === slot).length), [1, 16, 50])
})

t.test('one change a server, and the second is told which is in its way', async (t) => {
  const scheduler = new Scheduler({ slots: 4, queue: 10 })
  const first = of('long', { ...lane('main/change'), command: 'backup', servers: ['main'] })
  admit(scheduler, first)
  const second = of('long', lane('main/change'))
  const refusal = { code: 'server-busy', message: 'backup runs on main already', extras: { extra: { ticket: first.ticket } } }
  t.throws(() => scheduler.admit(second, false), refusal, 'while it waits')
  startable(scheduler)
  t.throws(() => scheduler.admit(second, false), refusal, 'while it runs')
  t.doesNotThrow(() => scheduler.admit(of('long', lane('pg/change')), false))
  admit(scheduler, second)
  t.strictSame(startable(scheduler), [])
  scheduler.end(first.ticket)
  t.strictSame(startable(scheduler), [second])
})

t.test('who may wait lets nobody of his lane pass, and keeps nobody else', async (t) => {
  const scheduler = new Scheduler({ slots: 9, queue: 9 })
  const records = ['main', 'main', 'pg', 'main', 'pg'].map((name) => of('long', lane(name)))
  admit(scheduler, ...records)
  t.strictSame(startable(scheduler), [records[0], records[2]])
  scheduler.end(records[0]?.ticket ?? '')
  t.strictSame(startable(scheduler), [records[1]])
})

t.test('a delete waits for the restores before it, and no restore for a delete', async (t) => {
  const scheduler = new Scheduler({ slots: 4, queue: 10 })
  const restore = of('restore', { holds: ['main/backup'] })
  const remove = of('short', { ...lane('main/change'), waitsFor: ['main/backup'] })
  const later = of('restore', { holds: ['main/backup'] })
  admit(scheduler, restore)
  startable(scheduler)
  t.doesNotThrow(() => scheduler.admit(remove, false), 'it is not refused')
  scheduler.ready(remove.ticket)
  admit(scheduler, later)
  t.strictSame(startable(scheduler), [later])
  scheduler.end(restore.ticket)
  scheduler.end(later.ticket)
  t.strictSame(startable(scheduler), [remove])
})

t.test('a job starts when it is on disk, and holds its place before that', async (t) => {
  const scheduler = new Scheduler({ slots: 1, queue: 10 })
  const first = of('long')
  const second = of('long')
  scheduler.admit(first, true)
  admit(scheduler, second)
  t.strictSame(startable(scheduler), [])
  scheduler.ready(first.ticket)
  t.strictSame(startable(scheduler), [first])
  scheduler.hold(second.ticket)
  scheduler.end(first.ticket)
  t.strictSame(startable(scheduler), [], 'not while it is held')
  scheduler.ready(second.ticket)
  t.strictSame(startable(scheduler), [second])
})

t.test('a full queue takes nobody who would have to wait', async (t) => {
  for (const queue of [0, 1, 3]) {
    const scheduler = new Scheduler({ slots: 2, queue })
    for (let n = 0; n < 2 + queue; n++) scheduler.admit(of('long'), true) // none of them is on disk yet
    t.throws(() => scheduler.admit(of('long'), true), { code: 'too-busy', extras: { retryAfterS: Number } })
    t.doesNotThrow(() => scheduler.admit(of('none'), true), 'who need not wait comes in')
  }
  const scheduler = new Scheduler({ slots: 1, queue: 0 })
  const kept = [of('long'), of('long')]
  for (const record of kept) scheduler.requeue(record)
  t.strictSame(startable(scheduler), kept.slice(0, 1), 'who waited before a restart keeps his place')
})

t.test('what runs already counts', async (t) => {
  const scheduler = new Scheduler({ slots: 1, queue: 1 })
  const running = of('long', lane('main'))
  scheduler.resume(running)
  t.throws(() => scheduler.admit(of('short', lane('main')), false), { code: 'server-busy' })
  const next = of('long')
  admit(scheduler, next)
  t.strictSame(startable(scheduler), [])
  scheduler.end(running.ticket)
  t.strictSame(startable(scheduler), [next])
})
