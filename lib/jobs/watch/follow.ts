import { isFinal } from '../record.ts'
import { event, HELLO, PING } from './event.ts'
import type { Feed } from './feed.ts'
import { type Position, seqOf } from './position.ts'

const STREAMS = ['stdout', 'stderr'] as const

/**
 * A job's events from a position on: each state once, output without loss or repetition, and the end. It reads on only when asked to,
 * so that a slow watcher keeps one event in memory. Ends with the job, the signal, or the feed.
 */
export async function * follow (feed: Feed, from: Position, signal: AbortSignal): AsyncGenerator<string> {
  let at = from
  let { pings } = feed
  let progress = 'null'
  const isOver = () => signal.aborted || feed.isClosed
  yield HELLO
  while (!isOver()) {
    const { news } = feed
    const record = await feed.record()
    const seq = seqOf(record)
    if (!isFinal(record.state)) {
      const known = progress
      progress = await feed.progress(record)
      if (seq > at.seq) yield event('state', at = { ...at, seq }, await feed.summary(record))
      else if (progress !== known) yield event('progress', at, progress)
    }
    let isDry = true
    for (const stream of STREAMS) {
      const { length, data } = await feed.page(stream, at[stream])
      if (length === 0) continue
      isDry = false
      at = { ...at, [stream]: at[stream] + length }
      yield event('output', at, data)
    }
    if (!isDry) continue
    if (isFinal(record.state)) return yield event('end', { ...at, seq }, await feed.summary(record))
    await feed.after(news, signal)
    if (feed.pings !== pings && !isOver()) yield PING
    pings = feed.pings
  }
}
