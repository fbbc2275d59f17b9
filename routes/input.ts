import type { FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { AppError } from '../lib/errors.ts'

type Input = { readonly from: 'query', readonly entries: ReadonlyArray<readonly [string, string]> } | { readonly from: 'body', readonly object: unknown }

/** What a caller says of a command: the query by GET, the JSON body by POST; beside a tar body the query. */
export function inputOf (request: FastifyRequest): Input {
  const entries = entriesOf(request)
  if (request.method === 'GET' || tarOf(request)) return { from: 'query', entries }
  const [first] = entries
  if (first) {
    throw new AppError('bad-request', 'POST takes parameters from the body only', { errors: [{ pointer: `/${first[0].slice(0, 100)}`, detail: 'stands in the query: move it into the JSON body' }] })
  }
  return { from: 'body', object: request.body ?? {} }
}

/** The body of `application/x-tar`, as it comes. */
export function tarOf ({ headers, body }: FastifyRequest): Readable | undefined {
  const isTar = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === 'application/x-tar'
  return isTar ? body as Readable : undefined // the parser of that type hands over the stream
}

/** `Prefer: respond-async, wait=10`; what cannot be understood is ignored, as RFC 7240 wants it. */
export function preferenceOf ({ headers }: FastifyRequest): { isAsync: boolean, waitS: number | null } {
  const words = [headers.prefer ?? []].flat().join(',').split(',').map((word) => word.trim().toLowerCase())
  const wait = words.map((word) => /^wait *= *"?(\d{1,6})"?$/.exec(word)?.[1]).find((seconds) => seconds !== undefined)
  return { isAsync: words.includes('respond-async'), waitS: wait === undefined ? null : Math.min(Number(wait), MAX_WAIT_S) }
}

const MAX_WAIT_S = 55 // below the minute after which most proxies give up

/** The caller's `Idempotency-Key`, or null; anything but one of 1 to 255 printable characters is a `bad-request`. */
export function keyOf ({ headers, raw }: FastifyRequest): string | null {
  const key = headers['idempotency-key']
  if (key === undefined) return null
  const given = raw.rawHeaders.filter((word, index) => index % 2 === 0 && word.toLowerCase() === 'idempotency-key').length
  if (given === 1 && typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw new AppError('bad-request', given > 1 ? 'There is more than one Idempotency-Key' : 'An Idempotency-Key has 1 to 255 printable ASCII characters')
}

function entriesOf ({ query }: FastifyRequest): Array<readonly [string, string]> {
  return Object.entries(query as Record<string, string | string[]>).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const)) // Fastify's parser: text, or several
}
