import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { buildApp, problemIn, until } from '../support/app.ts'
import { parseEvents, textOf } from '../support/events.ts'
import { dial } from '../support/sockets.ts'

const { app, boss, user, barman, folder, close } = await buildApp(t)
const url = await app.listen({ port: 0, host: '127.0.0.1' })
const start = async (server: string, script: string): Promise<Job> => {
  barman.act('archive-wal', script)
  return (await boss.post('/barman/archive-wal', { api_async: true, server_name: server })).json()
}
const go = (name: string) => join(folder, name)
const until1 = (name: string) => `while ! [ -e '${go(name)}' ]; do sleep 0.02; done`

/** The events of a job over a real connection, as they come. */
async function follow (ticket: string, headers: Record<string, string> = {}) {
  const gone = new AbortController()
  const reply = await fetch(`${url}/history/${ticket}/events`, { headers: { authorization: `Bearer ${boss.token}`, ...headers }, signal: gone.signal })
  const sent = { reply, text: '', isEnded: false, leave: () => gone.abort() }
  const decoder = new TextDecoder()
  const read = async () => { for await (const chunk of reply.body ?? []) sent.text += decoder.decode(chunk as Uint8Array, { stream: true }) }
  read().catch(() => {}).finally(() => { sent.isEnded = true }) // a server that breaks off is what some tests are about
  return sent
}

t.test('states, output and the end, while they happen', async (t) => {
  const { ticket } = await start('main', `echo one; echo 'host=db password=hush' >&2; ${until1('a')}; echo two; exit 0`)
  const sent = await follow(ticket)
  t.match([sent.reply.status, Object.fromEntries(sent.reply.headers)], [200, { 'content-type': /^text\/event-stream/, 'cache-control': 'no-store', 'x-accel-buffering': 'no' }])
  await until('both streams are told', () => sent.text.includes('one') && sent.text.includes('REDACTED'))
  t.notOk(sent.isEnded)
  writeFileSync(go('a'), '')
  await until('it ends', () => sent.isEnded)
  const events = parseEvents(sent.text)
  t.equal(textOf(events), 'one\ntwo\n')
  t.notMatch(sent.text, 'hush')
  t.match(events.at(-1), { event: 'end', id: /^8\.\d+\.4$/, data: { ticket, state: 'succeeded', ok: true, progress: null } })
  t.strictSame(events.at(-1)?.data, (({ result, output, outputTruncated, errors, warnings, ...summary }) => summary)((await boss.get(`/history/${ticket}`)).json<Job>()), 'the same as anywhere')

  for (const [n, { id }] of events.slice(0, -1).entries()) {
    const rest = await follow(ticket, { 'last-event-id': id })
    await until('it ends', () => rest.isEnded)
    const told = parseEvents(rest.text)
    t.equal(textOf(events.slice(0, n + 1)) + textOf(told), 'one\ntwo\n', `resumed after ${id}`)
    t.same(told.at(-1), events.at(-1))
  }
  t.equal((await follow(ticket, { 'last-event-id': events.at(-1)?.id ?? '' })).reply.status, 204, 'after the end there is nothing')
  t.equal((await boss.get(`/history/${ticket}/events?last_event_id=${events.at(-1)?.id}`)).statusCode, 204)
})

t.test('an id that is none is refused, wherever it stands', async (t) => {
  const { ticket } = await start('main', 'exit 0')
  await boss.ended(ticket)
  for (const id of ['', 'x', '1.2', '1.2.3.4', '-1.0.0', '1.0.5', '01.0.1', '1e3.0.0', '9'.repeat(16) + '.0.0']) {
    t.match([id, problemIn(t, await boss.get(`/history/${ticket}/events`, { 'last-event-id': id }), 400, 'bad-request').errors], [id, [{ pointer: '/last-event-id' }]])
    t.match([id, problemIn(t, await boss.get(`/history/${ticket}/events?last_event_id=${id}`), 400, 'bad-request').errors], [id, [{ pointer: '/last_event_id' }]])
  }
})

t.test('a job of others is not there', async (t) => {
  const { ticket } = await start('main', 'exit 0')
  await boss.ended(ticket)
  const other = await user('other', ['read', 'operate'], { servers: ['pg-*'] })
  problemIn(t, await other.get(`/history/${ticket}/events`), 404, 'job-not-found')
  problemIn(t, await other.get(`/history/${ticket}/events?last_event_id=0.0.4`), 404, 'job-not-found')
  problemIn(t, await boss.get('/history/00000000-0000-7000-8000-000000000000/events'), 404, 'job-not-found')
  t.equal((await fetch(`${url}/history/${ticket}/events`)).status, 401)
})

t.test('a browser may bring its token in the query', async (t) => {
  const { ticket } = await start('main', 'echo hello; exit 0')
  await boss.ended(ticket)
  const reply = await fetch(`${url}/history/${ticket}/events?token=${boss.token}`)
  t.equal(textOf(parseEvents(await reply.text())), 'hello\n')
})

t.test('the tail begins at the byte that it names', async (t) => {
  const { ticket } = await start('main', "printf 'one\\ntwo é\\nthree\\n'; exit 0")
  await boss.ended(ticket)
  t.match((await boss.get(`/history/${ticket}/output?tail=2`)).json(), { offset: 4, nextOffset: 17, size: 17, isComplete: true, text: 'two é\nthree\n' })
  t.match((await boss.get(`/history/${ticket}/output?tail=9`)).json(), { offset: 0, nextOffset: 17, text: 'one\ntwo é\nthree\n' })
  t.match((await boss.get(`/history/${ticket}/output?tail=2&stream=stderr`)).json(), { offset: 0, nextOffset: 0, size: 0, text: '' })
})

t.test('the service closes while streams are open, also those that nobody reads', async (t) => {
  const { ticket } = await start('main', `yes | head -c 20000000; ${until1('z')}; exit 0`)
  const sent = await follow(ticket)
  await until('there is output', () => sent.text.includes('y\\n'))
  const stuck = await dial(app)
  stuck.write(`GET /history/${ticket}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${boss.token}\r\n\r\n`)
  await until('he has an answer and reads no further', () => stuck.readableLength > 0 || (stuck.resume(), stuck.pause(), stuck.bytesRead > 0))
  const started = performance.now()
  writeFileSync(go('z'), '')
  await close()
  t.ok(performance.now() - started < 10_000, `${Math.round(performance.now() - started)} ms`)
  await until('it has ended', () => sent.isEnded)
  stuck.destroy()
})
