import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { networkOf } from './addresses.ts'
import { Slots } from './slots.ts'
import { Throttle } from './throttle.ts'
import type { User } from './user.ts'
import type { UserStore } from './users.ts'

const WAITING = 64 // attempts that wait for a hash, of all callers
const WAITING_HERE = 16 // those of one address

interface Line { readonly slots: Slots, count: number }

/** Where passwords are checked: one attempt of an address at a time, so that a guesser takes one of the two hashings, and the next waits for its verdict. */
export class Logins {
  readonly #users: Pick<UserStore, 'authenticate'>
  readonly #throttle: Throttle
  readonly #lines = new Map<string, Line>()
  #waiting = 0

  constructor (users: Pick<UserStore, 'authenticate'>, throttle = new Throttle()) {
    this.#users = users
    this.#throttle = throttle
  }

  /** The user if that is his password, else null; or throws `too-many-attempts`, or `too-busy`. */
  async authenticate (name: string, password: string, address: string): Promise<User | null> {
    return this.#inLine(networkOf(address), async () => {
      const waitMs = this.#throttle.admit(name, address)
      if (waitMs > 0) await pause(waitMs)
      const user = await this.#users.authenticate(name, password)
      if (user) this.#throttle.succeeded(name, address)
      else this.#throttle.failed(name, address)
      return user
    })
  }

  async #inLine<T> (network: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(network) ?? { slots: new Slots(1), count: 0 }
    if (line.count >= WAITING_HERE || this.#waiting >= WAITING) throw new AppError('too-busy', 'Too many logins wait', { retryAfterS: 5 })
    this.#lines.set(network, line)
    line.count++
    this.#waiting++
    try {
      return await line.slots.run(work)
    } finally {
      this.#waiting--
      if (--line.count === 0) this.#lines.delete(network)
    }
  }
}
