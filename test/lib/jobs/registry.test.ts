import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { isFinal } from '../../../lib/jobs/record.ts'
import { newTicket } from '../../../lib/jobs/ticket.ts'
import { until } from '../runner/support.ts'
import { batch, folder, job, lane, open, read, waitFor } from './support.ts'

t.setTimeout(120_000)

t.test('a job is on disk before it runs, runs, and ends with what it came to', async (t) => {
  const path = folder(t)
  const { registry, store } = await open(t, path)
  const record = job('cat; echo said; exit 0')
  const taken = await registry.submit(record, { input: Readable.from(['sent ']) })
  t.match(await store.get(taken.ticket), { ticket: record.ticket, state: /queued|running/ })
  const ended = await registry.wait(record.ticket, 10_000)
  t.match(ended, { state: 'succeeded', exitCode: 0, result: 'sent said\n', startedAt: String, finishedAt: String, intent: null })
  t.ok(Date.parse(ended.startedAt ?? '') <= Date.parse(ended.finishedAt ?? ''))
  t.strictSame(await store.get(record.ticket), JSON.parse(JSON.stringify(ended)))
  await until(() => read(store, record.ticket, 'stdin') === '') // what was sent is not kept
  t.match(await registry.wait((await registry.submit(job('exit 3'))).ticket, 10_000), { state: 'failed', exitCode: 3 })
  await t.rejects(registry.get(newTicket()), { code: 'job-not-found' })
  for (const odd of ['', '..', 'x', `../${newTicket()}`]) await t.rejects(registry.get(odd), { code: 'job-not-found' }, odd)
  await t.rejects(registry.stop(record.ticket, 'canceled'), { code: 'job-not-running' })
})

t.test('who listens hears of each change of a job, until he calls it off', async (t) => {
  const { registry } = await open(t, folder(t))
  const heard: string[] = []
  const callOff = registry.onChange(({ kind, state, intent }) => heard.push([kind, state, intent ?? ''].join(' ').trim()))
  await registry.wait((await registry.submit(job('exit 3'))).ticket, 10_000)
  t.strictSame(heard.splice(0), ['command queued', 'command running', 'command failed'])
  const { ticket } = await registry.submit(job('sleep 60'))
  await until(() => heard.includes('command running'))
  await registry.stop(ticket, 'canceled')
  await registry.wait(ticket, 10_000)
  t.strictSame(heard.splice(0), ['command queued', 'command running', 'command running canceled', 'command canceled canceled'])
  const { head, jobs } = batch(['true'])
  await registry.submitBatch(head, jobs)
  await registry.wait(head.ticket, 10_000)
  t.strictSame(heard.filter((words) => words.startsWith('batch')), ['batch queued', 'batch running', 'batch succeeded'])
  callOff()
  heard.length = 0
  await registry.wait((await registry.submit(job('true'))).ticket, 10_000)
  t.strictSame(heard, [])
})

t.test('of a hundred submits at once each runs exactly once', async (t) => {
  const path = folder(t)
  const { registry } = await open(t, path)
  const calls = join(path, 'calls')
  const jobs = Array.from({ length: 100 }, (_, n) => job(`echo ${n} >>'${calls}'`, { slot: n % 2 ? 'long' : 'short' }))
  await Promise.all(jobs.map((record) => registry.submit(record, { mayWait: true })))
  const ended = await Promise.all(jobs.map(({ ticket }) => registry.wait(ticket, 60_000)))
  t.strictSame(new Set(ended.map(({ state }) => state)), new Set(['succeeded']))
  t.strictSame(readFileSync(calls, 'utf8').trim().split('\n').map(Number).sort((a, b) => a - b), jobs.map((_, n) => n))
})

t.test('a second change to a server is refused with the ticket in its way, or waits for it', async (t) => {
  const path = folder(t)
  const { registry } = await open(t, path)
  const go = join(path, 'go')
  const first = await registry.submit(job(waitFor(go), lane('main')))
  await t.rejects(registry.submit(job('exit 0', lane('main'))), { code: 'server-busy', extras: { extra: { ticket: first.ticket } } })
  const second = await registry.submit(job(`echo second >>'${path}/order'`, lane('main')), { mayWait: true })
  const third = await registry.submit(job(`echo third >>'${path}/order'`, lane('main')), { mayWait: true })
  const other = await registry.submit(job('exit 0', lane('pg')))
  t.match(await registry.wait(other.ticket, 10_000), { state: 'succeeded' })
  t.match(await registry.get(second.ticket), { state: 'queued', startedAt: null })
  writeFileSync(go, '')
  await Promise.all([second, third].map(({ ticket }) => registry.wait(ticket, 10_000)))
  t.equal(readFileSync(join(path, 'order'), 'utf8'), 'second\nthird\n')
})

t.test('a job that cannot start failed, and holds nobody up', async (t) => {
  const { registry } = await open(t, folder(t))
  const tooLong = await registry.submit(job('exit 0', { ...lane('main'), argv: ['-c', 'exit 0', 'x'.repeat(200_000)] }))
  t.match(await registry.wait(tooLong.ticket, 10_000), { state: 'failed', reason: 'not-started', exitCode: null, errors: [/could not be started/] })
  t.match(await registry.wait((await registry.submit(job('exit 0', lane('main')))).ticket, 10_000), { state: 'succeeded' })
})

t.test('input that breaks off starts nothing, and frees the lane', async (t) => {
  const path = folder(t)
  const { registry, store } = await open(t, path)
  async function * broken () {
    yield 'half'
    throw new Error('hung up')
  }
  const record = job(`echo ran >>'${path}/ran'`, lane('main'))
  await t.rejects(registry.submit(record, { input: Readable.from(broken()) }), { message: 'hung up' })
  t.match(await registry.get(record.ticket), { state: 'failed', reason: 'incomplete-input' })
  t.equal(read(store, record.ticket, 'stdin'), '')
  t.match(await registry.wait((await registry.submit(job(`! [ -e '${path}/ran' ]`, lane('main')))).ticket, 10_000), { state: 'succeeded' })
})

t.test('a job whose place another gave up starts', async (t) => {
  const { registry } = await open(t, folder(t))
  let fail: (error: Error) => void = () => {}
  const slow = new Readable({ read () { fail = (error) => this.destroy(error) } })
  const first = registry.submit(job('exit 0', lane('main')), { input: slow })
  const second = await registry.submit(job('exit 0', lane('main')), { mayWait: true })
  t.match(await registry.get(second.ticket), { state: 'queued' })
  await until(() => fail.length > 0)
  fail(new Error('hung up'))
  await t.rejects(first, { message: 'hung up' })
  t.match(await registry.wait(second.ticket, 10_000), { state: 'succeeded' })
})

t.test('a job that is stopped', async (t) => {
  const { registry, store } = await open(t, folder(t), { graceMs: 3_000 }) // on a busy machine the wrapper takes its time to write the end down
  for (const [how, script, exitCode] of [
    ['at the first signal', 'echo ready; exec sleep 60', 130],
    ['at the second', 'trap "" INT; echo ready; while :; do sleep 60; done', 143],
    ['with its own word on it', 'trap "exit 1" INT; echo ready; while :; do sleep 0.02; done', 1]
  ] as const) {
    const { ticket } = await registry.submit(job(script))
    await until(() => read(store, ticket, 'stdout') !== '')
    t.match(await registry.stop(ticket, 'canceled'), { state: 'running', intent: 'canceled' })
    t.match(await store.get(ticket), { intent: 'canceled' }, 'what we mean is on disk')
    t.match(await registry.stop(ticket, 'timed_out'), { intent: 'canceled' }, 'the first word counts')
    t.match(await registry.wait(ticket, 10_000), { state: 'canceled', exitCode }, how)
  }
  const late = await registry.submit(job('trap "exit 0" INT; echo ready; while :; do sleep 0.02; done'))
  await until(() => read(store, late.ticket, 'stdout') !== '')
  await registry.stop(late.ticket, 'canceled')
  t.match(await registry.wait(late.ticket, 10_000), { state: 'succeeded', exitCode: 0 }, 'what it had done by then is done')
})

t.test('a job that is stopped at the last signal, which ends the wrapper too', async (t) => {
  const { registry, store } = await open(t, folder(t))
  const { ticket } = await registry.submit(job('trap "" INT TERM; echo ready; while :; do sleep 60; done'))
  await until(() => read(store, ticket, 'stdout') !== '')
  await registry.stop(ticket, 'canceled')
  t.match(await registry.wait(ticket, 10_000), { state: 'canceled', exitCode: null })
})

t.test('a job that waits is stopped at once, never runs, and keeps nobody waiting', async (t) => {
  const path = folder(t)
  const { registry } = await open(t, path)
  const go = join(path, 'go')
  await registry.submit(job(waitFor(go), lane('main')))
  const second = await registry.submit(job(`echo second >>'${path}/ran'`, lane('main')), { mayWait: true })
  const third = await registry.submit(job(`echo third >>'${path}/ran'`, lane('main')), { mayWait: true })
  t.match(await registry.stop(second.ticket, 'canceled'), { state: 'canceled', exitCode: null, startedAt: null })
  writeFileSync(go, '')
  t.match(await registry.wait(third.ticket, 10_000), { state: 'succeeded' })
  t.equal(readFileSync(join(path, 'ran'), 'utf8'), 'third\n')
})

t.test('a job that is stopped before its process could begin never runs', async (t) => {
  const path = folder(t)
  const { registry } = await open(t, path, { graceMs: 60_000 })
  const jobs = Array.from({ length: 20 }, (_, n) => job(`echo ${n} >>'${path}/ran'; sleep 60`))
  const ended = await Promise.all(jobs.map(async (record) => {
    const { ticket } = await registry.submit(record)
    await registry.stop(ticket, 'canceled')
    return registry.wait(ticket, 20_000)
  }))
  t.strictSame(new Set(ended.map(({ state }) => state)), new Set(['canceled']), 'no signal was lost')
})

t.test('stop and exit racing each other end in exactly one state, in memory and on disk', async (t) => {
  const { registry, store } = await open(t, folder(t))
  const states = new Map<string, number>()
  await Promise.all(Array.from({ length: 60 }, async (_, n) => {
    const { ticket } = await registry.submit(job(`sleep 0.0${n % 10}; exit ${n % 2}`, { slot: 'none' }))
    const seen: string[] = []
    const watch = async (): Promise<void> => {
      const { state } = await registry.get(ticket)
      if (state !== seen.at(-1)) seen.push(state)
      if (!isFinal(state)) await new Promise((resolve) => setImmediate(resolve)).then(watch)
    }
    const watched = watch()
    await until(() => performance.now() % 13 < 3)
    await registry.stop(ticket, 'canceled').catch((error: unknown) => t.match(error, { code: 'job-not-running' }))
    await registry.wait(ticket, 20_000)
    await watched
    t.equal(seen.filter((state) => isFinal(state as 'failed')).length, 1)
    t.equal((await store.get(ticket))?.state, seen.at(-1))
    states.set(seen.at(-1) ?? '', (states.get(seen.at(-1) ?? '') ?? 0) + 1)
  }))
  t.comment(Object.fromEntries(states))
  t.strictSame([...states.keys()].filter((state) => !['succeeded', 'failed', 'canceled'].includes(state)), [])
})

t.test('a job that takes longer than it may is timed out', async (t) => {
  const { registry } = await open(t, folder(t))
  const { ticket } = await registry.submit(job('exec sleep 60', { timeoutS: 1 }))
  t.match(await registry.wait(ticket, 300), { state: 'running' })
  t.match(await registry.wait(ticket, 10_000), { state: 'timed_out', intent: 'timed_out', exitCode: 130 })
  t.match(await registry.wait((await registry.submit(job('exit 0', { timeoutS: 1 }))).ticket, 10_000), { state: 'succeeded' })
})

t.test('a batch is what its jobs are', async (t) => {
  const path = folder(t)
  const { registry, store } = await open(t, path)
  const go = join(path, 'go')
  const { head, jobs } = batch(['exit 0', waitFor(go), `${waitFor(go)}; exit 1`])
  t.match(await registry.submitBatch(head, jobs), { kind: 'batch', jobs: jobs.map(({ ticket }) => ticket) })
  await until(async () => (await registry.get(jobs[0]?.ticket ?? '')).state === 'succeeded')
  t.match(await registry.get(head.ticket), { state: 'running', startedAt: String, finishedAt: null })
  writeFileSync(go, '')
  t.match(await registry.wait(head.ticket, 10_000), { state: 'failed', finishedAt: String })
  t.match(await store.get(head.ticket), { state: 'failed' })
  await t.rejects(registry.stop(head.ticket, 'canceled'), { code: 'job-not-running' })

  const stopped = batch(['exec sleep 60', 'exec sleep 60'])
  await registry.submitBatch(stopped.head, stopped.jobs)
  await registry.stop(stopped.head.ticket, 'canceled')
  t.match(await registry.wait(stopped.head.ticket, 10_000), { state: 'canceled' })

  const none = batch([])
  await registry.submitBatch(none.head, none.jobs)
  t.match(await registry.wait(none.head.ticket, 10_000), { state: 'failed', finishedAt: String, jobs: [] })
})

t.test('a batch comes in whole or not at all', async (t) => {
  const path = folder(t)
  const { registry, store } = await open(t, path, { slots: 1, queue: 0 })
  const { head, jobs } = batch([`echo ran >>'${path}/ran'`, `echo ran >>'${path}/ran'`], { slot: 'long' })
  await t.rejects(registry.submitBatch(head, jobs), { code: 'too-busy' })
  t.strictSame(await store.months(), [], 'nothing is on disk')
  const lone = await registry.submit(job(`! [ -e '${path}/ran' ]`, { slot: 'long' }))
  t.match(await registry.wait(lone.ticket, 10_000), { state: 'succeeded' }, 'and no slot is taken')
})

t.test('after close nothing comes in, nobody waits, and what runs runs on', async (t) => {
  const path = folder(t)
  const { registry, store } = await open(t, path)
  const { ticket } = await registry.submit(job(`${waitFor(join(path, 'go'))}; exit 5`))
  await until(() => read(store, ticket, 'identity') !== '')
  const waiting = registry.wait(ticket, 60_000)
  registry.close()
  t.match(await waiting, { state: 'running' })
  t.match(await registry.wait(ticket, 60_000), { state: 'running' })
  await t.rejects(registry.submit(job('exit 0')), { code: 'shutting-down' })
  writeFileSync(join(path, 'go'), '')
  await until(async () => (await store.exit(ticket))?.exitCode === 5)
  t.match(await store.get(ticket), { state: 'running' })
})

t.test('what has no end of its own is canceled, though it exits 0 when it is stopped', async (t) => {
  const { registry, store } = await open(t, folder(t))
  const script = 'trap "exit 0" INT; echo ready; while :; do sleep 0.02; done'
  for (const [slot, state] of [['none', 'canceled'], ['short', 'succeeded']] as const) {
    const { ticket } = await registry.submit(job(script, { slot }))
    await until(() => read(store, ticket, 'stdout') === 'ready\n')
    await registry.stop(ticket, 'canceled')
    t.match(await registry.wait(ticket, 10_000), { state, exitCode: 0 })
  }
})

t.test('who closes it waits for what is about to start, for the next one would take that for never begun', async (t) => {
  const { registry, logged } = await open(t, folder(t))
  await registry.submit(job('exit 0'))
  await registry.close()
  t.match(logged, [{ msg: 'job started' }])
})
