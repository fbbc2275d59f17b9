import { formatPosition, type Position } from './position.ts'

/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000

/** One event of a stream; `data` is a JSON text, and so one line. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function event (name: 'state' | 'progress' | 'output' | 'end', at: Position, data: string): string {
  return `event: ${name}\nid: ${formatPosition(at)}\ndata: ${data}\n\n`
}

/** What a stream begins with. */
export const HELLO = `retry: ${RETRY_MS}\n\n`

/** A comment, which keeps proxies from closing what is silent. */
export const PING = ': ping\n\n'
