import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** What came back over a raw connection. */
export interface Exchange {
  readonly status: number
  readonly headers: string
  readonly body: string
  /** The body, where it is JSON. */
  readonly json: unknown
}

/** A connection to an app that listens; its errors are no crash. */
export async function dial (app: FastifyInstance): Promise<Socket> {
  const { port } = app.server.address() as AddressInfo // of a TCP server that listens
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // a server that hangs up early is what some tests are about
  await once(socket, 'connect')
  return socket
}

/** Sends these bytes and reads until the other side hangs up, which it has to do within ten seconds. */
export async function exchange (app: FastifyInstance, bytes: string | Buffer): Promise<Exchange> {
  const socket = await dial(app)
  socket.write(bytes)
  return answerOn(socket)
}

/** Reads until the other side hangs up. */
export async function answerOn (socket: Socket): Promise<Exchange> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => { chunks.push(chunk) })
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')))
  if (!socket.closed) await once(socket, 'close')
  return readExchange(Buffer.concat(chunks).toString('latin1'))
}

function readExchange (text: string): Exchange {
  const [headers = '', ...rest] = text.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(headers)?.[1] ?? 0), headers, body, json: parse(body) }
}

function parse (body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined // no JSON: the test that wants some fails on it
  }
}
