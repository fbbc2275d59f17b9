import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { until } from '../support/app.ts'
import { parseEvents, type SentEvent, textOf } from '../support/events.ts'
import { type Lab, openLab, serveLab } from './lab.ts'

t.setTimeout(170_000)

const KBPS = 5_000 // some 12 s for the lab's 58 MiB: longer than from one look at its progress to the next

const { lab, skip } = await openLab({ own: true })
if (lab) await testEvents(lab)
else t.test('a real backup, followed', { skip }, async () => {})

async function testEvents (lab: Lab): Promise<void> {
  t.teardown(() => lab.stop())
  const { app, boss } = await serveLab(t, lab)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const follow = async (command: string, body: object): Promise<SentEvent[]> => {
    const { ticket } = (await boss.post(`/barman/${command}`, { ...body, api_async: true })).json<Job>()
    const reply = await fetch(`${url}/history/${ticket}/events`, { headers: { authorization: `Bearer ${boss.token}` } })
    return parseEvents(await reply.text())
  }

  t.test('a first backup has nothing to be measured by', async (t) => {
    const events = await follow('backup', { server_name: ['main'] })
    t.match(events.at(-1), { event: 'end', data: { state: 'succeeded', progress: null } })
    t.match(textOf(events), /^Starting backup using postgres method for server main in .*\n[^]*Backup completed/)
    t.notOk(events.some(({ event }) => event === 'progress'))
  })

  t.test('the next one is measured by the last, and never done before its end', async (t) => {
    const events = await follow('backup', { server_name: ['main'], bwlimit: KBPS })
    t.match(events.at(-1), { event: 'end', data: { state: 'succeeded', progress: null } })
    const told = events.filter(({ event }) => event === 'progress').map(({ data }) => data).filter(({ percent }) => percent !== null)
    t.match(told[0], { basis: 'bytes-of-last-backup', estimated: true })
    t.ok(told.some(({ percent }) => Number(percent) > 0) && told.every(({ percent }) => Number(percent) < 100), JSON.stringify(told))
  })

  t.test('a receiver that is canceled reads so, though it exits 0', async (t) => {
    await lab.addServer('other', { ready: false })
    await lab.mustBarman(['receive-wal', '--create-slot', 'other'])
    const { ticket } = (await boss.post('/barman/receive-wal', { server_name: 'other', api_async: true })).json<Job>()
    const reply = await fetch(`${url}/history/${ticket}/events`, { headers: { authorization: `Bearer ${boss.token}` } })
    let text = ''
    let isCanceled = false
    for await (const chunk of reply.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString()
      if (isCanceled || !text.includes('event: output')) continue
      isCanceled = true
      await until('WAL is streamed, for before that barman ends as any other program', () => lab.psql("SELECT 1 FROM pg_replication_slots WHERE slot_name LIKE '%other' AND active"))
      await boss.post(`/history/${ticket}/cancel`)
    }
    t.match(parseEvents(text).at(-1), { event: 'end', data: { state: 'canceled', exitCode: 0 } })
  })
}
