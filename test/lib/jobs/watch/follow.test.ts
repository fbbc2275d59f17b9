import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { redact } from '../../../../lib/barman/redact.ts'
import { cutPage, MARGIN_BYTES } from '../../../../lib/jobs/pages.ts'
import { isFinal, type JobRecord } from '../../../../lib/jobs/record.ts'
import { Feed } from '../../../../lib/jobs/watch/feed.ts'
import { follow } from '../../../../lib/jobs/watch/follow.ts'
import { BEGINNING, formatPosition, parsePosition, type Position } from '../../../../lib/jobs/watch/position.ts'
import { parseEvents, type SentEvent, textOf } from '../../../support/events.ts'
import { job } from '../support.ts'

const OUTPUT = Buffer.from('Grüße, 世界 🐘\n\u001b[31mred\u001b[0m 10%\r20%\r30%\r\nhost=pg password=s3cr3tPW dbname=x\n\nno end é')
const SHOWN = stripVTControlCharacters(redact(OUTPUT.toString()))

/** A job that has printed so many bytes. */
function feedOf (length: number, changes: Partial<JobRecord>): Feed {
  const record = job('', changes)
  const page = async (stream: string, offset: number, limit: number) => {
    const all = stream === 'stdout' ? OUTPUT.subarray(0, length) : Buffer.alloc(0)
    const first = Math.max(0, Math.min(offset, all.length) - MARGIN_BYTES)
    const from = Math.min(offset, all.length) - first
    return cutPage({ bytes: all.subarray(first), from, to: from + limit, isEnd: isFinal(record.state) })
  }
  return new Feed({ record: async () => record, summary: async ({ state }) => JSON.stringify({ state }), progress: async () => 'null', page, size: async () => length })
}

/** What a watcher has got when nothing more comes, and his connection breaks. */
async function watch (feed: Feed, from: Position): Promise<SentEvent[]> {
  const gone = new AbortController()
  let text = ''
  for await (const piece of follow(feed, from, gone.signal)) {
    text += piece
    setTimeout(() => gone.abort(), 0) // all that is there follows without a turn of the clock
  }
  return parseEvents(text)
}

t.test('whoever resumes at any cut loses nothing, is told nothing again, and sees no secret', async (t) => {
  for (let cut = 0; cut <= OUTPUT.length; cut++) {
    const before = await watch(feedOf(cut, { state: 'running' }), BEGINNING)
    const id = before.at(-1)?.id ?? ''
    const after = await watch(feedOf(OUTPUT.length, { state: 'succeeded' }), parsePosition(id))
    const all = [...before, ...after]
    if (textOf(all) !== SHOWN) t.fail(`cut at ${cut}: ${JSON.stringify(textOf(all))}`)
    if (all.map(({ event }) => event).filter((event) => event !== 'output').join() !== 'state,end') t.fail(`cut at ${cut}: ${JSON.stringify(all)}`)
    if (after.at(-1)?.id !== formatPosition({ stdout: OUTPUT.length, stderr: 0, seq: 4 })) t.fail(`cut at ${cut} ends as ${after.at(-1)?.id}`)
  }
  t.notMatch(SHOWN, 's3cr3t')
})

t.test('an offset that a caller made up shows no secret and ends all the same', async (t) => {
  for (const stdout of [...OUTPUT.keys(), OUTPUT.length + 5]) {
    const events = await watch(feedOf(OUTPUT.length, { state: 'failed' }), { stdout, stderr: 7, seq: 1 })
    if (/s3cr3t|cr3tPW/.test(textOf(events)) || events.at(-1)?.event !== 'end') t.fail(`${stdout}: ${JSON.stringify(events)}`)
  }
  t.pass(`${OUTPUT.length} offsets tried`)
})

t.test('each state is told once: waiting, running, being stopped, the end', async (t) => {
  const states = [{ state: 'queued' }, { state: 'running' }, { state: 'running', intent: 'canceled' }, { state: 'canceled' }] as const
  let at = BEGINNING
  for (const [n, changes] of states.entries()) {
    for (const expected of [[n === 3 ? 'end' : 'state'], n === 3 ? ['end'] : []]) {
      const events = await watch(feedOf(0, changes), at)
      t.same(events.map(({ event }) => event), expected, `${changes.state} after ${formatPosition(at)}`)
      at = n === 3 ? at : parsePosition(events.at(-1)?.id ?? formatPosition(at))
    }
  }
})

t.test('a page that waits for news is read again after them, and never twice between them', async (t) => {
  let reads = 0
  let text = ''
  const feed = new Feed({ record: async () => job('', { state: 'running' }), summary: async () => '{}', progress: async () => 'null', size: async () => text.length, page: async () => { reads++; return { text, length: text.length } } })
  await Promise.all(Array.from({ length: 50 }, () => feed.page('stdout', 0)))
  t.equal(reads, 1)
  text = 'a\n'
  const woken = feed.after(feed.news, new AbortController().signal)
  feed.look()
  await woken
  const pages = await Promise.all(Array.from({ length: 50 }, () => feed.page('stdout', 0)))
  t.equal(reads, 2)
  t.ok(pages.every(({ length }) => length === 2))
  feed.bump()
  await feed.page('stdout', 0)
  t.equal(reads, 2, 'what is there stays as it is')
})
