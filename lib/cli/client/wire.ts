import * as http from 'node:http'
import * as https from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { Connection } from './connection.ts'

export interface Request {
  readonly method: 'GET' | 'POST'
  /** Below the address, without a slash in front. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** How long the line may be silent. */
  readonly timeoutMs: number
}

export interface Reply {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** There was no reply, or no whole one. */
export class Broken extends Error {
  override readonly name = 'Broken'
  /** The service may have seen the request. */
  readonly wasSent: boolean
  /** Another try may go better. */
  readonly isPassing: boolean

  constructor (cause: NodeJS.ErrnoException, wasSent: boolean) {
    super(WORDS[cause.code ?? ''] ?? (cause.message || cause.code), { cause })
    this.wasSent = wasSent
    this.isPassing = Object.hasOwn(WORDS, cause.code ?? '')
  }
}

/** What passes by itself, by Node's code. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was dropped',
  ECONNABORTED: 'the connection was dropped',
  EPIPE: 'the connection was dropped',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection was dropped',
  ETIMEDOUT: 'no answer in time',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ENETDOWN: 'the network is down'
}

/** Single requests over HTTP or HTTPS. */
export class Wire {
  readonly #connection: Connection
  readonly #agent: http.Agent
  readonly #stop = new AbortController()

  constructor (connection: Connection) {
    this.#connection = connection
    this.#agent = connection.url.protocol === 'https:' ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true })
  }

  /** Aborted by `close`. */
  get signal (): AbortSignal {
    return this.#stop.signal
  }

  /** One request and its whole reply, or throws Broken. A POST has a connection of its own, so that it is known whether it was sent. */
  send ({ method, path, headers = {}, body, timeoutMs }: Request): Promise<Reply> {
    const { url, ca } = this.#connection
    const isSecure = url.protocol === 'https:'
    const options = { method, headers, agent: method === 'POST' ? false as const : this.#agent, timeout: timeoutMs, signal: this.signal, ...ca === null ? {} : { ca } }
    return new Promise((resolve, reject) => {
      let wasSent = false
      const fail = (cause: NodeJS.ErrnoException) => reject(cause.name === 'AbortError' ? cause : new Broken(cause, wasSent))
      const request = (isSecure ? https : http).request(new URL(path, url), options)
      request.on('socket', (socket) => {
        if (!socket.connecting) wasSent = true
        else socket.once(isSecure ? 'secureConnect' : 'connect', () => { wasSent = true })
      })
      request.on('timeout', () => request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })))
      request.on('response', (response) => {
        buffer(response).then((whole) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole }), fail)
      })
      request.on('error', fail)
      request.end(body)
    })
  }

  /** Ends what is under way. */
  close (): void {
    this.#stop.abort()
    this.#agent.destroy()
  }
}
