import type { Problem } from '../../../schemas/problem.ts'
import type { Connection } from './connection.ts'
import { ClientError, EXIT } from './exits.ts'
import { Patience } from './patience.ts'
import { Broken, type Reply, type Request, Wire } from './wire.ts'

const TIMEOUT_MS = 120_000 // above `reply_wait` and `read_timeout` as they come

/** The service answered with a problem. */
export class Refused extends ClientError {
  override readonly name = 'Refused'
  readonly status: number
  readonly code: string | null

  constructor ({ status, body }: Reply, problem: Partial<Problem> | null) {
    const faults = (problem?.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer.slice(1)}: ${detail}`)
    const text = problem?.detail ?? `the service answered ${status}: ${String(body).slice(0, 200)}`
    super(`${text}${faults.join('')}`, status === 400 || problem?.code === 'unknown-command' ? EXIT.wrongCall : EXIT.failed)
    this.status = status
    this.code = problem?.code ?? null
  }
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Whether a request whose reply was lost may be sent again. */
  mayRepeat (): boolean | Promise<boolean>
  /** What is true when it may not. */
  readonly ifLost?: string
}

/** The service as a client sees it: logged in, patient, and with problems as errors. */
export class Service {
  readonly #connection: Connection
  readonly #wire: Wire
  readonly #patience: Patience
  #token: string | null

  constructor (connection: Connection, say: (line: string) => void) {
    const { url, giveUpMs, token } = connection
    this.#connection = connection
    this.#wire = new Wire(connection)
    this.#patience = new Patience({ name: url.href.replace(/\/$/, ''), giveUpMs, signal: this.#wire.signal, say })
    this.#token = token
  }

  /** A document; asked for again for as long as the service is out of reach. Throws Refused, or a ClientError when given up. */
  async get<T> (path: string): Promise<T> {
    return json<T>(await this.#answer({ method: 'GET', path, timeoutMs: TIMEOUT_MS }, ALWAYS))
  }

  /** Sends a document. Throws Refused, or a ClientError when given up or when the reply was lost. */
  post (path: string, body: object, { headers, ...options }: PostOptions): Promise<Reply> {
    return this.#answer({ method: 'POST', path, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body), timeoutMs: TIMEOUT_MS }, options)
  }

  /** Ends what is under way; nothing can be asked any more. */
  close (): void {
    this.#wire.close()
  }

  async #answer (request: Request, options: Pick<PostOptions, 'mayRepeat' | 'ifLost'>): Promise<Reply> {
    let token = this.#token ??= await this.#login()
    const send = () => this.#wire.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } })
    const reply = await this.#patiently(send, options)
    if (reply.status !== 401 || !this.#connection.login) return accepted(reply)
    token = this.#token = await this.#login() // a 401 ran nothing
    return accepted(await this.#patiently(send, options))
  }

  async #login (): Promise<string> {
    const { user, password } = this.#connection.login ?? { user: '', password: '' } // without a login there is a token
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const send = () => this.#wire.send({ method: 'GET', path: 'auth/token', headers: { authorization }, timeoutMs: TIMEOUT_MS })
    return json<{ token: string }>(accepted(await this.#patiently(send, ALWAYS))).token
  }

  /** Sends until there is an answer of the service itself. */
  async #patiently (send: () => Promise<Reply>, { mayRepeat, ifLost = '' }: Pick<PostOptions, 'mayRepeat' | 'ifLost'>): Promise<Reply> {
    for (;;) {
      const outcome = await send().catch((error: unknown) => {
        if (error instanceof Broken) return error
        throw error
      })
      const trouble: Trouble | null = outcome instanceof Broken ? outcome : troubleIn(outcome)
      if (trouble === null) {
        this.#patience.over()
        return outcome as Reply // no trouble: a reply
      }
      if (!trouble.isPassing) throw new ClientError(`${this.#connection.url.href}: ${trouble.message}`, EXIT.unreachable)
      if (trouble.wasSent && !await mayRepeat()) throw new ClientError(`${trouble.message}, and its reply with it. ${ifLost}`.trim(), EXIT.unreachable)
      await this.#patience.wait(trouble.message, trouble.retryAfterS)
    }
  }
}

const ALWAYS = { mayRepeat: () => true }
/** Problems that say: not now, and nothing was begun. */
const PASSING: ReadonlySet<unknown> = new Set(['too-busy', 'shutting-down', 'too-many-attempts'])
const PROXY_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504])

interface Trouble { readonly message: string, readonly wasSent: boolean, readonly isPassing: boolean, readonly retryAfterS?: number }

/** A reply that is no answer: of a service that cannot now, or of a proxy in front of none. */
function troubleIn (reply: Reply): Trouble | null {
  if (!PROXY_STATUSES.has(reply.status)) return null
  const problem = problemOf(reply)
  if (problem !== null && !PASSING.has(problem.code)) return null
  const retryAfterS = Number(reply.headers['retry-after']) || 0
  return { message: problem?.detail ?? `a proxy answers ${reply.status}`, wasSent: problem === null, isPassing: true, retryAfterS }
}

function accepted (reply: Reply): Reply {
  if (reply.status >= 200 && reply.status < 300) return reply
  throw new Refused(reply, problemOf(reply))
}

function problemOf ({ headers, body }: Reply): Partial<Problem> | null {
  if (!headers['content-type']?.startsWith('application/problem+json')) return null
  return JSON.parse(String(body)) as Partial<Problem> // as the service promises
}

/** The document of a reply; or throws a ClientError where there is none, as from an address that is something else. */
export function json<T> ({ headers, body }: Pick<Reply, 'headers' | 'body'>): T {
  if (!headers['content-type']?.startsWith('application/json')) throw new ClientError('the answer is not JSON: is this the address of barmanapi?')
  return JSON.parse(String(body)) as T // its shape is the service's promise
}
