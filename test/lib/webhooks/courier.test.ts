import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Courier, DELAYS_MS, type CourierOptions } from '../../../lib/webhooks/courier.ts'
import { Mailbox } from '../../../lib/webhooks/mailbox.ts'
import { sign } from '../../../lib/webhooks/signature.ts'
import type { Webhook } from '../../../lib/webhooks/webhook.ts'
import { event, files, folder, logger, receive, SECRET, until, webhook } from './support.ts'

interface Bench extends ReturnType<typeof logger> { readonly courier: Courier, readonly path: string, close (): Promise<void> }

/** A courier as a service starts it; upon the same folder it is the next one's. */
async function start (t: Test, to: Webhook, { path = folder(t), max = 100, ...options }: Partial<CourierOptions> & { path?: string, max?: number } = {}): Promise<Bench> {
  const { log, lines } = logger()
  const courier = new Courier(to, await Mailbox.open({ folder: path, max, log }), { log, delaysMs: [10, 10, 10], ...options })
  courier.start()
  const beat = setInterval(() => {}, 60_000) // timers of a courier hold no process open
  const close = () => { clearInterval(beat); return courier.close() }
  t.teardown(close)
  return { courier, path, log, lines, close }
}

t.test('an event arrives once, signed, and its file goes', async (t) => {
  const { url, received } = await receive(t)
  const { courier, path, lines } = await start(t, webhook(url))
  const told = event()
  await courier.tell(told)
  await until('it is delivered', () => files(path, 'pending').length === 0)
  t.equal(received.length, 1)
  const [{ method = '', path: at = '', headers = {}, body = '' } = {}] = received
  t.match({ method, at, body, type: headers['content-type'], id: headers['webhook-id'] }, { method: 'POST', at: '/hook?key=in-the-query', body: told.body, type: 'application/json', id: told.id })
  const sentAt = Number(headers['webhook-timestamp'])
  t.ok(Math.abs(sentAt - Date.now() / 1000) < 60)
  t.match(headers, sign([SECRET], told.id, sentAt, body))
  t.match(lines, [{ msg: 'webhook delivered', status: 204, attempt: 1 }])
})

t.test('what fails is tried again under the same id, and each failure is a line without query or secret', async (t) => {
  const { url, ids } = await receive(t, (response, nth) => { response.writeHead(nth < 4 ? 500 : 200).end() })
  const { courier, path, lines } = await start(t, webhook(url))
  const told = event()
  await courier.tell(told)
  await until('it is delivered', () => files(path, 'pending').length === 0)
  t.same(ids(), [told.id, told.id, told.id, told.id])
  t.match(lines.filter(({ msg }) => msg === 'webhook not delivered'), [1, 2, 3].map((attempt) => ({ level: 40, webhook: 'test', receiver: new URL(url).host, event: told.id, attempt, status: 500, nextAt: /^\d{4}-/ })))
  t.notMatch(JSON.stringify(lines), /in-the-query|barmanapi-test-secret|YmFybWFuYXBp/)
})

t.test('when the attempts are used up, the event is kept aside and said so', async (t) => {
  const { url, received } = await receive(t, (response) => { response.writeHead(400).end() })
  const { courier, path, lines } = await start(t, webhook(url))
  const told = event()
  await courier.tell(told)
  await until('it is given up', () => files(path, 'failed').length === 1)
  t.equal(received.length, 4)
  t.same([files(path, 'failed'), files(path, 'pending')], [[`${told.id}.json`], []])
  t.match(lines.at(-1), { level: 50, msg: 'webhook given up: the event lies in failed/', attempt: 4 })
  t.match(DELAYS_MS, { length: 9, 0: 5000, 8: 86_400_000 })
})

t.test('what waits is found again by the next process, when it is due', async (t) => {
  let isUp = false
  const { url, ids } = await receive(t, (response) => { response.writeHead(isUp ? 200 : 502).end() })
  const first = await start(t, webhook(url), { delaysMs: [300, 300, 300] })
  const told = [event(), event()]
  for (const each of told) await first.courier.tell(each)
  await until('both have failed', () => first.lines.filter(({ msg }) => msg === 'webhook not delivered').length === 2)
  await until('that is on disk', () => told.every(({ id }) => JSON.parse(readFileSync(join(first.path, 'pending', `${id}.json`), 'utf8')).attempts === 1))
  await first.close()
  isUp = true
  writeFileSync(join(first.path, 'pending', 'evt_x.json.0123.tmp'), '{')
  writeFileSync(join(first.path, 'pending', 'evt_other.json'), '{}')

  const second = await start(t, webhook(url), { path: first.path })
  await until('both are delivered', () => second.lines.filter(({ msg }) => msg === 'webhook delivered').length === 2)
  await until('their files are gone', () => files(first.path, 'pending').length === 1)
  t.same(ids().sort(), [...told, ...told].map(({ id }) => id).sort())
  t.same(files(first.path, 'pending'), ['evt_other.json'], 'what is no delivery of ours stays')
  t.match(second.lines.find(({ level }) => level === 40), { msg: 'file left aside: it holds no delivery' })
})

t.test('an attempt that a stop breaks off does not count', async (t) => {
  const { url, received } = await receive(t, () => {}) // never answers
  const { courier, path, close, lines } = await start(t, webhook(url))
  const told = event()
  await courier.tell(told)
  await until('it has the request', () => received.length === 1)
  await close()
  t.match(JSON.parse(readFileSync(join(path, 'pending', `${told.id}.json`), 'utf8')), { attempts: 0 })
  t.same(lines, [])
})

t.test('redirects are not followed', async (t) => {
  const elsewhere = await receive(t)
  const { url } = await receive(t, (response) => { response.writeHead(307, { location: elsewhere.url }).end() })
  const { courier, path, lines } = await start(t, webhook(url), { delaysMs: [] })
  await courier.tell(event())
  await until('it is given up', () => files(path, 'failed').length === 1)
  t.match(lines, [{ status: 307 }])
  t.same(elsewhere.received, [])
})

t.test('a slow receiver, one that hangs up and one that talks without end hold nobody up', async (t) => {
  const silent = await receive(t, () => {})
  const rude = await receive(t, (response) => { response.destroy() })
  const upgrade = await receive(t, (response) => { response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n') })
  for (const [{ url }, detail] of [[silent, /^no answer within 100 ms$/], [rude, /socket hang up/], [upgrade, /./]] as const) {
    const { courier, path, lines } = await start(t, webhook(url), { delaysMs: [], timeoutMs: 100 })
    await courier.tell(event())
    await until('it is given up', () => files(path, 'failed').length === 1)
    t.match(lines, [{ detail }])
  }
  let isOver = false
  const endless = await receive(t, (response) => {
    response.writeHead(200)
    response.on('close', () => { isOver = true })
    const talk = () => { while (response.writable && response.write('x'.repeat(512))); }
    response.on('drain', talk)
    talk()
  })
  const { courier, path } = await start(t, webhook(endless.url))
  await courier.tell(event())
  await until('it is delivered', () => files(path, 'pending').length === 0)
  await until('the talk is cut', () => isOver)
})

t.test('410 ends it until the next start, and loses nothing', async (t) => {
  const { url, received } = await receive(t, (response, nth) => { response.writeHead(nth === 1 ? 410 : 200).end() })
  const first = await start(t, webhook(url))
  const [one, two] = [event(), event()]
  await first.courier.tell(one)
  await until('it is off', () => first.lines.some(({ msg }) => /^webhook off/.test(msg)))
  await first.courier.tell(two)
  t.same(files(first.path, 'pending'), [`${one.id}.json`, `${two.id}.json`].sort())
  t.equal(received.length, 1)
  await first.close()
  await start(t, webhook(url), { path: first.path })
  await until('both are delivered', () => files(first.path, 'pending').length === 0)
})

t.test('Retry-After is kept to, for all that waits', async (t) => {
  const { url, ids } = await receive(t, (response, nth) => { response.writeHead(nth === 1 ? 429 : 200, nth === 1 ? { 'retry-after': '1' } : {}).end() })
  const { courier, path, lines } = await start(t, webhook(url))
  const [one, two] = [event(), event()]
  const began = performance.now()
  await courier.tell(one)
  await until('it was refused', () => lines.length === 1)
  await courier.tell(two)
  await until('both are delivered', () => files(path, 'pending').length === 0)
  t.ok(performance.now() - began >= 990)
  t.same(ids().length, 3)
})

t.test('a date is a Retry-After too', async (t) => {
  const { url } = await receive(t, (response) => { response.writeHead(503, { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }).end() })
  const { courier, lines } = await start(t, webhook(url))
  await courier.tell(event())
  await until('it was refused', () => lines.length === 1)
  const wait = Date.parse(String(lines[0]?.['nextAt'])) - Date.now()
  t.ok(wait > 3_500_000 && wait <= 3_600_000)
})

t.test('beyond the bound the oldest goes, and the log says so', async (t) => {
  const { log, lines } = logger()
  const path = folder(t)
  const mailbox = await Mailbox.open({ folder: path, max: 3, log })
  const told = [event(), event(), event(), event(), event()]
  for (const each of [...told, ...told.slice(-3)]) await mailbox.add(each)
  t.same(files(path, 'pending'), told.slice(2).map(({ id }) => `${id}.json`).sort())
  t.match(lines, told.slice(0, 2).map(({ id }) => ({ level: 50, msg: 'event dropped: too many wait', event: id })))
  t.same([...mailbox.pending.keys()], told.slice(2).map(({ id }) => id), 'one that waits is taken once')
})

t.test('a receiver hears what it asked for only', async (t) => {
  const { url } = await receive(t)
  const { courier, path } = await start(t, webhook(url, { events: ['job.fail*'], servers: ['pg-*'] }), { max: 10 })
  await courier.close()
  for (const [state, servers] of [['failed', ['main']], ['succeeded', ['pg-1']], ['failed', []], ['failed', ['main', 'pg-1']]] as const) await courier.tell(event({ state, servers: [...servers] }))
  t.equal(files(path, 'pending').length, 1)
  t.ok(existsSync(join(path, 'failed')))
})
