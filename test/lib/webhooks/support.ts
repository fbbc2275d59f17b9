import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import { type Event, jobEvent } from '../../../lib/webhooks/events.ts'
import type { Webhook } from '../../../lib/webhooks/webhook.ts'
import { job } from '../jobs/support.ts'

export { until } from '../../support/app.ts'

export const SECRET = Buffer.from('barmanapi-test-secret-32-bytes!!')

/** One request as a receiver saw it. */
export interface Received { readonly method: string, readonly path: string, readonly headers: IncomingHttpHeaders, readonly body: string }

export interface Receiver {
  readonly url: string
  readonly received: readonly Received[]
  /** The `webhook-id` of each request. */
  ids (): string[]
}

/** A real HTTP receiver on loopback; without an answer of the test's own it says 204. */
export async function receive (t: Pick<Test, 'teardown'>, answer: (response: ServerResponse, nth: number) => void = (response) => response.writeHead(204).end()): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    bodyOf(request).then((body) => {
      received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
      answer(response, received.length)
    }, () => {}) // the sender broke off
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo // of a listening socket
  return { url: `http://127.0.0.1:${port}/hook?key=in-the-query`, received, ids: () => received.map(({ headers }) => String(headers['webhook-id'])) }
}

async function bodyOf (request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}

export function webhook (url: string, changes: Partial<Webhook> = {}): Webhook {
  return { name: 'test', url: new URL(url), secrets: [SECRET], events: ['*'], servers: [], allowLocal: true, overdueMs: 0, ...changes }
}

/** The end of a job that nothing else is known of. */
export function event (changes: Parameters<typeof job>[1] = {}): Event {
  return jobEvent(job('', { state: 'succeeded', ...changes }), '')
}

/** A folder of its own; whoever writes there is closed by teardowns that come later and so run before. */
export function folder (t: Pick<Test, 'teardown'>): string {
  const path = mkdtempSync(join(tmpdir(), 'barmanapi-webhooks-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export function files (...path: readonly string[]): string[] {
  return readdirSync(join(...path)).sort()
}

/** A log, and what was said to it. */
export function logger () {
  const lines: Array<{ readonly level: number, readonly msg: string } & Record<string, unknown>> = []
  return { lines, log: pino({ level: 'debug' }, { write: (line: string) => { lines.push(JSON.parse(line)) } }) }
}
