import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { FileStore } from '../../../../lib/jobs/file-store.ts'
import type { Stream } from '../../../../lib/jobs/store.ts'
import { BEGINNING, parsePosition } from '../../../../lib/jobs/watch/position.ts'
import { Watches, type WatchesOptions } from '../../../../lib/jobs/watch/watches.ts'
import { until } from '../../../support/app.ts'
import { parseEvents, textOf } from '../../../support/events.ts'
import { batch, folder, job, open, waitFor } from '../support.ts'

/** A store that counts how often output is read. */
class CountingStore extends FileStore {
  reads = 0

  override slice (ticket: string, stream: Stream, from: number, maxBytes: number) {
    if (maxBytes > 0) this.reads++
    return super.slice(ticket, stream, from, maxBytes)
  }
}

async function make (t: Test, options: Partial<WatchesOptions> = {}) {
  const path = folder(t)
  const store = new CountingStore(join(path, 'active'))
  const { registry } = await open(t, path, { store })
  const watches = new Watches({ registry, progressOf: async () => null, pollMs: 20, ...options })
  t.teardown(() => watches.close())
  return { path, store, registry, watches }
}

/** What a stream has sent so far, and a way to wait for more of it. */
function reading (stream: Readable) {
  const sent = { text: '', isEnded: false }
  stream.setEncoding('utf8').on('data', (chunk: string) => { sent.text += chunk }).once('close', () => { sent.isEnded = true })
  return sent
}

t.test('five hundred watchers of one job cost one reader', async (t) => {
  const { path, store, registry, watches } = await make(t)
  const rounds = 5
  const script = Array.from({ length: rounds }, (_, n) => `echo round ${n}; echo and ${n} >&2; ${waitFor(join(path, `go${n}`))}`).join('\n')
  const { ticket } = await registry.submit(job(script))
  const all = Array.from({ length: 500 }, () => reading(watches.open(ticket, BEGINNING)))
  for (let n = 0; n < rounds; n++) {
    await until(`all have round ${n}`, () => all.every(({ text }) => text.includes(`"round ${n}\\n`) && text.includes(`"and ${n}\\n`)))
    writeFileSync(join(path, `go${n}`), '')
  }
  await until('all have ended', () => all.every(({ isEnded }) => isEnded))
  const expected = Array.from({ length: rounds }, (_, n) => `round ${n}\n`).join('')
  t.ok(all.every(({ text }) => textOf(parseEvents(text)) === expected && parseEvents(text).at(-1)?.event === 'end'))
  t.ok(store.reads < 20 * rounds, `${store.reads} reads for ${500 * 2 * rounds} pages`)
  t.equal(watches.size, 0, 'nothing is watched any more')
})

t.test('a late watcher catches up, and one who was there goes on behind what he has', async (t) => {
  const { path, registry, watches } = await make(t)
  const { ticket } = await registry.submit(job(`echo one; ${waitFor(join(path, 'a'))}; echo two; ${waitFor(join(path, 'b'))}; echo three`))
  const first = watches.open(ticket, BEGINNING)
  const early = reading(first)
  await until('one is there', () => early.text.includes('one'))
  first.destroy()
  writeFileSync(join(path, 'a'), '')
  const late = reading(watches.open(ticket, BEGINNING))
  await until('two is there', () => late.text.includes('two'))
  const resumed = reading(watches.open(ticket, parsePosition(parseEvents(early.text).at(-1)?.id ?? '')))
  writeFileSync(join(path, 'b'), '')
  await until('both have ended', () => late.isEnded && resumed.isEnded)
  t.equal(textOf(parseEvents(late.text)), 'one\ntwo\nthree\n')
  t.equal(textOf(parseEvents(resumed.text)), 'two\nthree\n')
  t.same(parseEvents(resumed.text).map(({ event }) => event).filter((event) => event !== 'output'), ['end'], 'no state again')
})

t.test('a watcher who does not read keeps a page in memory, and has it all when he does', async (t) => {
  const { registry, watches, store } = await make(t)
  const { ticket } = await registry.submit(job('yes "a line of the output" | head -c 8000000'))
  const stream = watches.open(ticket, BEGINNING)
  stream.read(0)
  await registry.wait(ticket, 20_000)
  await until('he is offered something', () => stream.readableLength > 0)
  t.ok(stream.readableLength < 200_000, `${stream.readableLength} bytes`)
  t.ok(store.reads < 20, `${store.reads} reads`)
  t.equal(textOf(parseEvents(await text(stream))).length, 8_000_000)
})

t.test('a ping comes while nothing happens', async (t) => {
  const { path, registry, watches } = await make(t, { pingMs: 30 })
  const { ticket } = await registry.submit(job(waitFor(join(path, 'go'))))
  const sent = reading(watches.open(ticket, BEGINNING))
  await until('three pings', () => sent.text.split('\n\n').filter((block) => block === ': ping').length >= 3)
  t.match(sent.text, /^retry: \d+\n\nevent: state\n/)
  writeFileSync(join(path, 'go'), '')
  await until('it ends', () => sent.isEnded)
})

t.test('progress is told whenever it changes', async (t) => {
  let percent = 0
  const progressOf = async () => ({ percent, basis: 'copy-steps', estimated: false, etaSeconds: null } as const)
  const { path, registry, watches } = await make(t, { progressOf, progressMs: 20 })
  const { ticket } = await registry.submit(job(waitFor(join(path, 'go'))))
  const sent = reading(watches.open(ticket, BEGINNING))
  await until('it runs', () => sent.text.includes('"percent":0'))
  percent = 40
  await until('it has come further', () => parseEvents(sent.text).some(({ event, data }) => event === 'progress' && data.percent === 40))
  writeFileSync(join(path, 'go'), '')
  await until('it ends', () => sent.isEnded)
  const events = parseEvents(sent.text)
  t.match(events.find(({ event }) => event === 'state'), { data: { progress: { percent: 0 } } })
  t.equal(events.filter(({ event }) => event === 'progress').length, 1)
  t.match(events.at(-1), { event: 'end', data: { progress: null } })
})

t.test('a batch has states and an end, and no output', async (t) => {
  const { path, registry, watches } = await make(t)
  const { head, jobs } = batch([`echo a; ${waitFor(join(path, 'go'))}`, 'exit 1'])
  await registry.submitBatch(head, jobs)
  const sent = reading(watches.open(head.ticket, BEGINNING))
  await until('it runs', () => sent.text.includes('"running"'))
  writeFileSync(join(path, 'go'), '')
  await until('it ends', () => sent.isEnded)
  const events = parseEvents(sent.text)
  t.match(events.at(-1), { event: 'end', id: '0.0.4', data: { state: 'failed' } })
  t.notOk(events.some(({ event }) => event === 'output'))
})

t.test('there is a bound on watchers, and whoever leaves makes room', async (t) => {
  const { path, registry, watches } = await make(t, { limit: 2 })
  const { ticket } = await registry.submit(job(waitFor(join(path, 'go'))))
  const [first] = [watches.open(ticket, BEGINNING), watches.open(ticket, BEGINNING)]
  t.throws(() => watches.open(ticket, BEGINNING), { code: 'too-busy', extras: { retryAfterS: Number } })
  first?.destroy()
  await until('there is room', () => { try { return watches.open(ticket, BEGINNING) } catch { return null } })
  writeFileSync(join(path, 'go'), '')
})

t.test('closing ends every stream, also of those who do not read', async (t) => {
  const { path, registry, watches } = await make(t)
  const { ticket } = await registry.submit(job(`yes | head -c 1000000; ${waitFor(join(path, 'go'))}`))
  const stuck = watches.open(ticket, BEGINNING)
  const sent = reading(watches.open(ticket, BEGINNING))
  await until('there is output', () => sent.text.includes('y\\n'))
  await watches.close()
  await until('both have ended', () => sent.isEnded && stuck.destroyed)
  t.notMatch(sent.text, 'event: end', 'which is not the end of the job')
  t.throws(() => watches.open(ticket, BEGINNING), { code: 'shutting-down' })
  writeFileSync(join(path, 'go'), '')
})
