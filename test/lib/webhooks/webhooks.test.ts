import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { newTicket } from '../../../lib/jobs/ticket.ts'
import { Webhooks, type WebhooksOptions } from '../../../lib/webhooks/webhooks.ts'
import { batch, type Bench, folder, job, open, waitFor } from '../jobs/support.ts'
import { files, logger, type Receiver, receive, until, webhook } from './support.ts'

t.setTimeout(60_000)

interface Service extends Bench, Pick<ReturnType<typeof logger>, 'lines'> { readonly webhooks: Webhooks, close (): Promise<void> }

/** Registry and webhooks as plugins put them together. */
async function serve (t: Test, path: string, { url }: Receiver, changes: Partial<WebhooksOptions> = {}): Promise<Service> {
  const { log, lines } = logger()
  const webhooks = await Webhooks.open({ folder: join(path, 'webhooks'), webhooks: [webhook(url)], publicUrl: 'https://backup.example.com', log, delaysMs: [20, 20, 20, 20, 20], ...changes })
  const bench = await open(t, path, { onChange: (record) => webhooks.notice(record) })
  await webhooks.start(bench.registry)
  const close = async () => {
    bench.registry.close()
    await webhooks.close()
  }
  t.teardown(close)
  return { ...bench, webhooks, lines, close }
}

const typesOf = ({ received }: Receiver) => received.map(({ body }) => JSON.parse(body).type as string).sort()
const idle = (path: string) => files(path, 'webhooks', 'test', 'pending').length === 0 && files(path, 'webhooks', '.jobs').length === 0

t.test('a job is told as it comes in, starts and ends, without its secrets', async (t) => {
  const path = folder(t)
  const receiver = await receive(t)
  const { registry } = await serve(t, path, receiver)
  const { ticket } = await registry.submit(job('exit 3', { parameters: { backup_id: 'password=hunter2' } }))
  await until('all is told', () => receiver.received.length === 3 && idle(path))
  t.same(typesOf(receiver), ['job.failed', 'job.queued', 'job.running'])
  const end = receiver.received.map(({ body }) => JSON.parse(body)).find(({ type }) => type === 'job.failed')
  const { data: { startedAt, finishedAt, durationMs } } = end
  t.match(end, {
    type: 'job.failed',
    timestamp: finishedAt,
    data: {
      ticket, kind: 'command', command: 'backup', servers: ['main'], host: 'default', state: 'failed', reason: 'barman-failed', exitCode: 3, backupId: 'password=*REDACTED*', user: 'boss', url: `https://backup.example.com/history/${ticket}`
    }
  })
  t.equal(durationMs, Date.parse(finishedAt) - Date.parse(startedAt))
  t.same(new Set(receiver.ids()), new Set(['queued', 'running', 'failed'].map((state) => `evt_${ticket}_${state}`)))
})

t.test('a job that is stopped is told once as canceled, and a batch beside its jobs', async (t) => {
  const path = folder(t)
  const receiver = await receive(t)
  const { registry } = await serve(t, path, receiver)
  const { ticket } = await registry.submit(job('sleep 60'))
  await until('it runs', () => typesOf(receiver).includes('job.running'))
  await registry.stop(ticket, 'canceled')
  await until('all is told', () => idle(path))
  t.same(typesOf(receiver), ['job.canceled', 'job.queued', 'job.running'])

  const { head, jobs } = batch(['exit 0', 'exit 0'])
  await registry.submitBatch(head, jobs)
  await until('all of them', () => receiver.ids().filter((id) => id.endsWith('_succeeded')).length === 3 && idle(path))
  t.match(receiver.received.map(({ body }) => JSON.parse(body).data).find(({ ticket, state }) => ticket === head.ticket && state === 'succeeded'), { kind: 'batch' })
})

t.test('a service that was killed between the end of a job and its delivery tells it at the next start', async (t) => {
  const path = folder(t)
  const receiver = await receive(t)
  const killed = job('exit 0', { state: 'succeeded', finishedAt: new Date().toISOString() })
  const told = job('exit 0', { state: 'failed', finishedAt: new Date().toISOString() }) // no promise is left of it
  const first = await open(t, path)
  for (const record of [killed, told]) await first.store.create(record)
  mkdirSync(join(path, 'webhooks', '.jobs'), { recursive: true })
  for (const ticket of [killed.ticket, newTicket()]) writeFileSync(join(path, 'webhooks', '.jobs', ticket), '') // the second has no job

  await serve(t, path, receiver)
  await until('it is told', () => receiver.received.length > 0 && idle(path))
  t.same(receiver.ids(), [`evt_${killed.ticket}_succeeded`])
})

t.test('a real kill, before or after the webhooks hear of an end, loses none', async (t) => {
  const path = folder(t)
  const receiver = await receive(t)
  for (const when of ['before', 'after']) {
    const child = spawn(process.execPath, [fileURLToPath(new URL('./victim.js', import.meta.url)), path, receiver.url, when], { stdio: 'inherit' })
    t.same(await once(child, 'exit'), [null, 'SIGKILL'])
  }
  const { store } = await serve(t, path, receiver)
  const tickets = (await Promise.all((await store.months()).map((month) => store.tickets(month)))).flat()
  t.equal(tickets.length, 2)
  for (const ticket of tickets) t.match(await store.get(ticket), { state: 'succeeded' }, 'its end was on disk')
  await until('both are told', () => tickets.every((ticket) => receiver.ids().includes(`evt_${ticket}_succeeded`)))
  await until('nothing is left', () => idle(path))
})

t.test('what runs across a restart is told by the next service, also where the first had no webhook', async (t) => {
  const path = folder(t)
  const receiver = await receive(t)
  const first = await open(t, path)
  const go = join(path, 'go')
  const { ticket } = await first.registry.submit(job(waitFor(go)))
  await until('it runs', () => existsSync(join(first.store.folder(ticket), 'identity')))
  first.registry.close()
  const { registry } = await serve(t, path, receiver)
  t.same(files(path, 'webhooks', '.jobs'), [ticket])
  writeFileSync(go, '')
  await registry.wait(ticket, 10_000)
  await until('it is told', () => receiver.received.length > 0 && idle(path))
  t.same(receiver.ids(), [`evt_${ticket}_succeeded`])
})

t.test('without a webhook nothing is written', async (t) => {
  const path = folder(t)
  const receiver = await receive(t)
  const { registry } = await serve(t, path, receiver, { webhooks: [] })
  await registry.wait((await registry.submit(job('exit 0'))).ticket, 10_000)
  t.notOk(existsSync(join(path, 'webhooks')))
})
