import { createHash } from 'node:crypto'
import { pipeline, type Readable, Transform } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Call } from '../barman/call.ts'
import { AppError } from '../errors.ts'
import type { JobRecord } from './record.ts'

/** What a job's record keeps of the `Idempotency-Key` it came with, and of what was asked; both as sha256 in hex. */
type Claim = Required<Pick<JobRecord, 'idempotencyKey' | 'bodyHash'>>

/** The claim of a call. A key is one user's, for one command on one host, whatever name of it was used. */
export function claimOf ({ host, compiled, values, api }: Call, user: string, key: string): Claim {
  return { idempotencyKey: sha256([user, host.name, [...compiled.names].sort(), key]), bodyHash: sha256([sorted(values), sorted(api)]) }
}

/** The first job of each key: calls with one key follow each other, so that two at the same moment make one job. */
export class Retries {
  readonly #find: (key: string) => Promise<JobRecord | undefined>
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor (find: (key: string) => Promise<JobRecord | undefined>) {
    this.#find = find
  }

  /**
   * The job that has the record's key already, or the one that `start` takes in. Throws `idempotency-mismatch` where the key was
   * used for something else, or as `start` does: then the key stays free.
   */
  take (record: JobRecord, input: Readable | undefined, start: (input?: Readable) => Promise<JobRecord>): Promise<{ record: JobRecord, isReplay: boolean }> {
    const key = record.idempotencyKey ?? ''
    const body = input && counted(input, record)
    return this.#turn(key, async () => {
      const known = await this.#find(key)
      if (!known) return { record: await start(body), isReplay: false }
      if (body) await finished(body.resume())
      if (known.bodyHash === record.bodyHash) return { record: known, isReplay: true }
      throw new AppError('idempotency-mismatch', 'This Idempotency-Key was used with other parameters: take a new one', { extra: { ticket: known.ticket } })
    })
  }

  async #turn<T> (key: string, work: () => Promise<T>): Promise<T> {
    const turn = Promise.allSettled([this.#turns.get(key)]).then(work)
    this.#turns.set(key, turn)
    try {
      return await turn
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key)
    }
  }
}

/** Passes bytes on, and has them in the record's hash when the last one came by: a record is written after its input. */
function counted (input: Readable, record: JobRecord): Readable {
  const hash = createHash('sha256').update(record.bodyHash ?? '')
  const through = new Transform({
    transform (chunk: Buffer, _, done) { hash.update(chunk); done(null, chunk) },
    flush (done) { record.bodyHash = hash.digest('hex'); done() }
  })
  return pipeline(input, through, () => {}) // the reader of the result sees the error
}

function sha256 (value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

/** Members in one order, however the caller wrote them. */
function sorted (object: object): ReadonlyArray<readonly [string, unknown]> {
  return Object.entries(object).sort(([one], [other]) => one < other ? -1 : 1)
}
