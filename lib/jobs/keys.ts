import type { JobRecord } from './record.ts'

/** The tickets of jobs by their idempotency keys, in memory. */
export class Keys {
  readonly #tickets = new Map<string, string>()

  /** The newest ticket of a key. */
  get (key: string): string | undefined {
    return this.#tickets.get(key)
  }

  /** Keeps what the record says of its key: tickets are sorted by time, and the newest counts. */
  note ({ idempotencyKey, ticket }: Pick<JobRecord, 'idempotencyKey' | 'ticket'>): void {
    if (typeof idempotencyKey === 'string' && ticket > (this.#tickets.get(idempotencyKey) ?? '')) this.#tickets.set(idempotencyKey, ticket)
  }

  /** Forgets a key whose job did not come in. */
  forget ({ idempotencyKey, ticket }: Pick<JobRecord, 'idempotencyKey' | 'ticket'>): void {
    if (typeof idempotencyKey === 'string' && this.#tickets.get(idempotencyKey) === ticket) this.#tickets.delete(idempotencyKey)
  }
}
