import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readIdentity } from '../../../lib/runner/identity.ts'
import { readText, until, wrap } from '../runner/support.ts'
import { batch, folder, job, lane, open, read, runner, waitFor } from './support.ts'

t.setTimeout(60_000)

t.test('a job that runs is found again, and ends as it does', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const go = join(path, 'go')
  const { ticket } = await first.registry.submit(job(`${waitFor(go)}; echo said; exit 3`, lane('main')))
  await until(() => read(first.store, ticket, 'identity') !== '')
  first.registry.close()

  const second = await open(t, path)
  t.match(await second.registry.get(ticket), { state: 'running' })
  await t.rejects(second.registry.submit(job('exit 0', lane('main'))), { code: 'server-busy' }, 'it still holds its lane')
  writeFileSync(go, '')
  t.match(await second.registry.wait(ticket, 10_000), { state: 'failed', exitCode: 3, result: 'said\n' })
})

t.test('a job that ended while nobody looked is settled, with the time of its end', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const { ticket } = await first.registry.submit(job(`${waitFor(join(path, 'go'))}; exit 0`))
  await until(() => read(first.store, ticket, 'identity') !== '')
  first.registry.close()
  writeFileSync(join(path, 'go'), '')
  await until(() => read(first.store, ticket, 'exit') !== '')
  writeFileSync(join(first.store.folder(ticket), 'exit'), `0 ${Math.floor(Date.now() / 1000) - 3600}\n`) // as if it had been an hour ago

  const second = await open(t, path)
  const ended = await second.registry.wait(ticket, 10_000)
  t.match(ended, { state: 'succeeded', exitCode: 0 })
  t.ok(Date.now() - Date.parse(ended.finishedAt ?? '') > 3_590_000)
})

t.test('jobs that wait start again in their order', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const go = join(path, 'go')
  await first.registry.submit(job(waitFor(go), lane('main')))
  const waiting = []
  for (const n of [1, 2, 3]) waiting.push(await first.registry.submit(job(`echo ${n} >>'${path}/order'`, lane('main')), { mayWait: true }))
  const stopped = await first.registry.submit(job(`echo stopped >>'${path}/order'`, lane('main')), { mayWait: true })
  await first.registry.stop(stopped.ticket, 'canceled')
  first.registry.close()

  const second = await open(t, path, { queue: 0 }) // a smaller queue loses nobody
  writeFileSync(go, '')
  for (const { ticket } of waiting) t.match(await second.registry.wait(ticket, 10_000), { state: 'succeeded' })
  t.equal(readText(join(path, 'order')), '1\n2\n3\n')
  t.match(await second.registry.get(stopped.ticket), { state: 'canceled' })
})

t.test('what waited for more than a day is not started', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const old = job(`echo ran >>'${path}/ran'`, { createdAt: new Date(Date.now() - 25 * 3_600_000).toISOString() })
  await first.store.create(old)
  const second = await open(t, path)
  t.match(await second.registry.wait(old.ticket, 10_000), { state: 'canceled', reason: 'stale' })
  t.equal(readText(join(path, 'ran')), '')
})

t.test('without wrapper, process and exit record nobody knows, and says so once and for all', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const { ticket } = await first.registry.submit(job('sleep 60', lane('main')))
  await until(async () => await readIdentity(first.store.folder(ticket)) !== null)
  first.registry.close()
  await runner.kill(first.store.folder(ticket), 'SIGKILL')
  await until(async () => !await runner.isAlive(first.store.folder(ticket)))

  const second = await open(t, path)
  t.match(await second.registry.wait(ticket, 10_000), { state: 'unknown', reason: 'no-exit-record', exitCode: null })
  t.match(await second.registry.wait((await second.registry.submit(job('exit 0', lane('main')))).ticket, 10_000), { state: 'succeeded' })
  writeFileSync(join(second.store.folder(ticket), 'exit'), '0 1700000000\n')
  const third = await open(t, path)
  t.match(await third.registry.get(ticket), { state: 'unknown' }, 'an end is an end')
})

t.test('a job whose wrapper alone was killed runs until its program ends, before and after a restart', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const go = join(path, 'go')
  const { ticket } = await first.registry.submit(job(`echo ready; ${waitFor(go)}`))
  await until(() => read(first.store, ticket, 'stdout') !== '')
  process.kill((await readIdentity(first.store.folder(ticket)))?.pid ?? NaN, 'SIGKILL')
  t.match(await first.registry.wait(ticket, 800), { state: 'running' })
  first.registry.close()
  const second = await open(t, path)
  t.match(await second.registry.wait(ticket, 800), { state: 'running' })
  writeFileSync(go, '')
  t.match(await second.registry.wait(ticket, 10_000), { state: 'unknown', reason: 'no-exit-record' })
})

t.test('a job that was to run and has not begun by then failed, and never begins', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const record = job(`echo ran >>'${path}/ran'`, { state: 'running', startedAt: new Date().toISOString() })
  await first.store.create(record)
  const second = await open(t, path)
  t.match(await second.registry.wait(record.ticket, 10_000), { state: 'failed', reason: 'not-started', exitCode: null })
  t.equal(await wrap(t, second.store.folder(record.ticket), ['/bin/sh', ...record.argv]).ended, 73, 'a wrapper that comes late is refused')
  t.equal(readText(join(path, 'ran')), '')
})

t.test('a job that was being stopped is stopped', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const { ticket } = await first.registry.submit(job('echo ready; exec sleep 60'))
  await until(() => read(first.store, ticket, 'stdout') !== '')
  first.registry.close()
  await first.store.save({ ...await first.registry.get(ticket), intent: 'canceled' }) // as far as the first one came
  const second = await open(t, path)
  t.match(await second.registry.wait(ticket, 10_000), { state: 'canceled', exitCode: 130 })
})

t.test('a job with a bound on its time has it after a restart too', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const { ticket } = await first.registry.submit(job('echo ready; exec sleep 60', { timeoutS: 1 }))
  await until(() => read(first.store, ticket, 'stdout') !== '')
  first.registry.close()
  const second = await open(t, path)
  t.match(await second.registry.wait(ticket, 10_000), { state: 'timed_out' })
})

t.test('a batch goes on where it was', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const go = join(path, 'go')
  const { head, jobs } = batch(['exit 0', waitFor(go)])
  await first.registry.submitBatch(head, jobs)
  await first.registry.wait(jobs[0]?.ticket ?? '', 10_000)
  await until(() => read(first.store, jobs[1]?.ticket ?? '', 'identity') !== '')
  first.registry.close()
  const second = await open(t, path)
  await until(async () => (await second.registry.get(head.ticket)).state === 'running')
  writeFileSync(go, '')
  t.match(await second.registry.wait(head.ticket, 10_000), { state: 'succeeded' })
})

t.test('a batch whose jobs all ended before it could ends', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const { head, jobs } = batch(['exit 0', 'exit 0'])
  for (const record of jobs) await first.store.create({ ...record, state: 'succeeded', finishedAt: new Date().toISOString() })
  await first.store.create(head)
  const second = await open(t, path)
  t.match(await second.registry.wait(head.ticket, 10_000), { state: 'succeeded' })
})

t.test('jobs of a batch that never came in whole are not started', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const { jobs } = batch([`echo ran >>'${path}/ran'`, `echo ran >>'${path}/ran'`])
  for (const record of jobs) await first.store.create(record)
  const second = await open(t, path)
  for (const { ticket } of jobs) t.match(await second.registry.wait(ticket, 10_000), { state: 'canceled', reason: 'incomplete-batch' })
  t.equal(readText(join(path, 'ran')), '')
})

t.test('what cannot be read is left aside and told, and keeps nobody from starting', async (t) => {
  const path = folder(t)
  const first = await open(t, path)
  const good = await first.registry.submit(job('exit 0'))
  await first.registry.wait(good.ticket, 10_000)
  first.registry.close()
  const odd = [job('torn'), job('of a later version'), job('a folder'), job('nothing')]
  for (const [index, { ticket }] of odd.entries()) {
    mkdirSync(first.store.folder(ticket))
    const file = join(first.store.folder(ticket), 'job.json')
    if (index === 0) writeFileSync(file, JSON.stringify(odd[0]).slice(0, 100))
    if (index === 1) writeFileSync(file, JSON.stringify({ ...odd[1], v: 2 }))
    if (index === 2) mkdirSync(file)
  }
  const second = await open(t, path)
  t.strictSame(second.logged.filter(({ level }) => level === 40).map(({ ticket }) => ticket).sort(), odd.map(({ ticket }) => ticket).sort())
  for (const { ticket } of odd) await t.rejects(second.registry.get(ticket), { code: 'job-not-found' })
  t.match(await second.registry.get(good.ticket), { state: 'succeeded' })
  t.ok(readText(join(second.store.folder(odd[0]?.ticket ?? ''), 'job.json')), 'nothing is deleted')
})
