import http from 'node:http'
import https from 'node:https'
import type { Event } from './events.ts'
import { lookupRemote, namesLocal, refusal } from './address.ts'
import { sign } from './signature.ts'
import type { Webhook } from './webhook.ts'

const MAX_REPLY_BYTES = 1024 // read for politeness; nothing in it counts

/** What a receiver said. */
export interface Answer {
  readonly status: number
  /** Its wish, in ms from now. */
  readonly retryAfterMs: number | null
}

/** Sends an event once, signed, and follows no redirect. Rejects where no answer comes within the time, or where the address is refused. */
export function post (webhook: Webhook, { id, body }: Pick<Event, 'id' | 'body'>, { timeoutMs, signal }: { timeoutMs: number, signal: AbortSignal }): Promise<Answer> {
  const { url, secrets, allowLocal } = webhook
  if (!allowLocal && namesLocal(url)) return Promise.reject(refusal()) // a literal address is never looked up
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      agent: false, // a connection of its own: none that is kept was judged by another webhook's rules
      signal,
      headers: { 'content-type': 'application/json', 'user-agent': 'barmanapi', 'content-length': Buffer.byteLength(body), ...sign(secrets, id, Math.floor(Date.now() / 1000), body) },
      ...allowLocal ? {} : { lookup: lookupRemote }
    })
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    request.on('error', reject)
    request.on('close', () => {
      clearTimeout(timer)
      reject(new Error('the connection was closed without an answer')) // changes nothing after one
    })
    request.on('response', (response) => {
      resolve({ status: response.statusCode ?? 0, retryAfterMs: retryAfter(response.headers['retry-after']) })
      let size = 0
      response.on('error', () => {}) // the answer is there already
      response.on('data', ({ length }: Buffer) => { if ((size += length) > MAX_REPLY_BYTES) request.destroy() })
    })
    request.end(body)
  })
}

/** Seconds or a date. @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function retryAfter (header = ''): number | null {
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}
