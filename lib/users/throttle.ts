import { AppError } from '../errors.ts'
import { networkOf } from './addresses.ts'
import { Recent } from './recent.ts'

/** A clock; tests have one of their own. */
export interface ThrottleOptions {
  /** Milliseconds that only grow. */
  readonly now?: () => number
  /** How many users, addresses and pairs of both are remembered. */
  readonly size?: number
}

interface Failures { readonly count: number, readonly lastMs: number }

/** Failures without a delay, the longest delay that then doubles from `firstMs` on. */
interface Limit { readonly free: number, readonly firstMs: number, readonly longestMs: number }

const PAIR: Limit = { free: 3, firstMs: 1_000, longestMs: 300_000 } // one user from one address
const ADDRESS: Limit = { free: 10, firstMs: 1_000, longestMs: 300_000 } // whomever it tries
const USER: Limit = { free: 10, firstMs: 100, longestMs: 2_000 } // wherever it comes from: a pause, never a refusal
const FORGET_MS = 3_600_000 // after the last failure
const SIZE = 10_000

/**
 * Limits of guessing: a pair of user and address, and an address, are refused for a while that doubles with each failure; a user under
 * attack from many addresses is only slowed, so that nobody can lock him out; and the address he came from before stays his.
 */
export class Throttle {
  readonly #now: () => number
  readonly #pairs: Recent<Failures>
  readonly #addresses: Recent<Failures>
  readonly #users: Recent<Failures>
  readonly #known: Recent<true>

  constructor ({ now = () => performance.now(), size = SIZE }: ThrottleOptions = {}) {
    this.#now = now
    this.#pairs = new Recent(size)
    this.#addresses = new Recent(size)
    this.#users = new Recent(size)
    this.#known = new Recent(size)
  }

  /** Milliseconds to wait before the password is looked at; or throws `too-many-attempts`. The same for users that there are not. */
  admit (name: string, address: string): number {
    const { user, from, pair } = keysOf(name, address)
    const isKnown = this.#known.get(pair) === true
    const refusedMs = Math.max(this.#left(this.#pairs, pair, PAIR), isKnown ? 0 : this.#left(this.#addresses, from, ADDRESS))
    if (refusedMs > 0) throw new AppError('too-many-attempts', 'Too many attempts with a wrong password; try again later', { retryAfterS: Math.ceil(refusedMs / 1000) })
    return isKnown ? 0 : delayOf(this.#read(this.#users, user).count, USER)
  }

  failed (name: string, address: string): void {
    const { user, from, pair } = keysOf(name, address)
    this.#add(this.#pairs, pair, 1)
    this.#add(this.#addresses, from, 1)
    this.#add(this.#users, user, 1)
  }

  /** Forgives what this user did wrong from this address, and no other failure: an own account is no way to go on guessing at others'. */
  succeeded (name: string, address: string): void {
    const { user, from, pair } = keysOf(name, address)
    const { count } = this.#read(this.#pairs, pair)
    this.#pairs.delete(pair)
    this.#add(this.#addresses, from, -count)
    this.#add(this.#users, user, -count)
    this.#known.set(pair, true)
  }

  #left (map: Recent<Failures>, key: string, limit: Limit): number {
    const { count, lastMs } = this.#read(map, key)
    return Math.max(0, lastMs + delayOf(count, limit) - this.#now())
  }

  #read (map: Recent<Failures>, key: string): Failures {
    const found = map.get(key)
    return found && this.#now() - found.lastMs < FORGET_MS ? found : { count: 0, lastMs: -Infinity }
  }

  #add (map: Recent<Failures>, key: string, change: number): void {
    const { count, lastMs } = this.#read(map, key)
    if (count + change <= 0) map.delete(key)
    else map.set(key, { count: count + change, lastMs: change > 0 ? this.#now() : lastMs })
  }
}

function delayOf (count: number, { free, firstMs, longestMs }: Limit): number {
  return count < free ? 0 : Math.min(longestMs, firstMs * 2 ** Math.min(count - free, 30))
}

function keysOf (name: string, address: string): { readonly user: string, readonly from: string, readonly pair: string } {
  const user = name.slice(0, 65) // no user has a longer name
  const from = networkOf(address)
  return { user, from, pair: `${from} ${user}` }
}
