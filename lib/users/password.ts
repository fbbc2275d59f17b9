import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Slots } from './slots.ts'

/** What one hash costs: `2 ** ln` blocks of `r * 128` bytes, `p` times. */
export interface Cost { readonly ln: number, readonly r: number, readonly p: number }

/** 32 MiB and 0.4 s on one slow core (Node 20, measured once). @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
export const COST: Cost = { ln: 15, r: 8, p: 3 }

/** What a comparison found. */
export interface Verdict {
  readonly matches: boolean
  /** It matches, but should be hashed anew: a wrapped md5, or another cost than today's. */
  readonly outdated: boolean
}

interface Encoded extends Cost { readonly wrapped: boolean, readonly salt: Buffer, readonly hash: Buffer }

const HASH_BYTES = 32
const SALT_BYTES = 16
const AT_ONCE = 2

/** Hashes and checks passwords: scrypt over HMAC-SHA256 with the pepper, at most two at once. */
export class Passwords {
  readonly #pepper: string
  readonly #cost: Cost
  readonly #slots = new Slots(AT_ONCE)

  constructor (pepper: string, cost: Cost = COST) {
    this.#pepper = pepper
    this.#cost = cost
  }

  /** The password as one line: `$scrypt$ln=15,r=8,p=3$SALT$HASH`. */
  async hash (password: string): Promise<string> {
    return await this.#encode('scrypt', password)
  }

  /** Hides the bare md5 of barmanapi 0.3 in a scrypt: `$scrypt-md5$…`, to be replaced at the next login. */
  async wrap (md5: string): Promise<string> {
    return await this.#encode('scrypt-md5', md5.toLowerCase())
  }

  /** Compares in constant time. Without a readable hash (an unknown user, a bare md5) it costs the same and never matches. */
  async verify (password: string, line: string | undefined): Promise<Verdict> {
    const known = line === undefined ? null : decode(line)
    const against = known ?? { ...this.#cost, wrapped: false, salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(HASH_BYTES) }
    const found = await this.#derive(against.wrapped ? md5(password) : password, against.salt, against)
    const matches = timingSafeEqual(found, against.hash) && known !== null
    return { matches, outdated: matches && (against.wrapped || !sameCost(against, this.#cost)) }
  }

  async #encode (kind: string, secret: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    const { ln, r, p } = this.#cost
    const hash = await this.#derive(secret, salt, this.#cost)
    return `$${kind}$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`
  }

  #derive (secret: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
    const key = createHmac('sha256', this.#pepper).update(secret).digest()
    const options = { N: 2 ** ln, r, p, maxmem: 128 * r * (2 ** ln + p) + 1024 * 1024 }
    return this.#slots.run(() => new Promise((resolve, reject) =>
      scrypt(key, salt, HASH_BYTES, options, (error, hash) => error ? reject(error) : resolve(hash))))
  }
}

/** True for a hash as `Passwords` writes it. */
export function isHash (line: string): boolean {
  return decode(line) !== null
}

/** True for a wrapped md5. */
export function isWrapped (line: string): boolean {
  return decode(line)?.wrapped === true
}

/** True for the bare md5 that barmanapi 0.3 kept. */
export function isLegacy (line: string): boolean {
  return /^[0-9a-f]{32}$/i.test(line)
}

/** Costs beyond these bounds are taken for a slip of the pen: 128 MiB at most. */
function decode (line: string): Encoded | null {
  const match = /^\$scrypt(-md5)?\$ln=(1[0-7]|[1-9]),r=(8),p=([1-9]|1[0-6])\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/.exec(line)
  if (!match) return null
  const [, wrapped, ln, r, p, salt = '', hash = ''] = match
  return { wrapped: wrapped !== undefined, ln: Number(ln), r: Number(r), p: Number(p), salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

function sameCost (one: Cost, other: Cost): boolean {
  return one.ln === other.ln && one.r === other.r && one.p === other.p
}

function md5 (password: string): string {
  return createHash('md5').update(password).digest('hex')
}

function base64 (bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
