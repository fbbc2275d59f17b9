import { isUtf8 } from 'node:buffer'
import { type BigIntStats, closeSync, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs'
import type { Logger } from 'pino'
import { AppError, StartError } from '../errors.ts'
import { type Account, type Accounts, ClientFileError, readAccounts } from './client-file.ts'
import { withLock } from './lock-file.ts'
import { replaceKeeping } from './replace-file.ts'
import { Slots } from './slots.ts'

const CHECK_MS = 500 // between two looks at the file
const SETTLE_MS = 100 // an editor may still be writing a younger file
const MAX_BYTES = 4 * 1024 * 1024
const ATTEMPTS = 5

/** One version of the file; `stamp` differs whenever the file was touched. */
interface Version { readonly stamp: string, readonly mtimeMs: number, readonly text: string }

type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** client.conf on disk: always its last good content, edited under a lock and replaced as a whole. */
export class UsersFile {
  readonly #path: string
  readonly #log: Log
  readonly #onRead: (accounts: Accounts) => void
  readonly #mutex = new Slots(1)
  #accounts: Accounts = new Map()
  #stamp = ''
  #lookedAt = -Infinity

  /** `onRead` hears of every new content, whoever wrote it. */
  constructor (path: string, log: Log, onRead: (accounts: Accounts) => void) {
    this.#path = path
    this.#log = log
    this.#onRead = onRead
  }

  /** Reads the file for the first time, or throws a StartError. A missing one has no users. */
  open (): void {
    try {
      const { text, stamp } = readVersion(this.#path)
      this.#accept(readAccounts(text), stamp)
    } catch (cause) {
      throw cause instanceof ClientFileError ? cause : new StartError(`The users file ${this.#path} cannot be read`, { cause })
    }
  }

  /** The accounts as of half a second ago or later. */
  accounts (): Accounts {
    const now = performance.now()
    if (now - this.#lookedAt >= CHECK_MS) this.#look(now)
    return this.#accounts
  }

  /** Other hashes in memory, until the file changes. */
  override (hashes: ReadonlyMap<string, { readonly from: string, readonly to: string }>): void {
    this.#accounts = new Map([...this.#accounts].map(([name, account]) => [name, replaceHash(account, hashes.get(name))]))
  }

  /**
   * Lets `change` write the text anew and `check` judge the outcome, alone among all processes; or throws what they throw,
   * `file-not-writable`, or `too-busy`.
   */
  async edit (change: (text: string, accounts: Accounts) => string, check?: (before: Accounts, after: Accounts) => void): Promise<Accounts> {
    return await this.#mutex.run(async () => {
      try {
        const path = this.#target()
        return await withLock(`${path}.lock`, () => this.#replace(path, change, check))
      } catch (error) {
        throw this.#explain(error)
      }
    })
  }

  /** Waits for edits under way. */
  async close (): Promise<void> {
    await this.#mutex.run(async () => {})
  }

  async #replace (path: string, change: (text: string, accounts: Accounts) => string, check?: (before: Accounts, after: Accounts) => void): Promise<Accounts> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { text, stamp } = readVersion(path)
      const before = readAccounts(text)
      const next = change(text, before)
      const after = readAccounts(next)
      check?.(before, after)
      if (next === text || await replaceKeeping(path, next, () => stampOf(path) === stamp)) {
        const now = readVersion(path)
        this.#accept(after, now.text === next ? now.stamp : 'overtaken') // then the next look reads it
        return after
      }
    }
    throw new AppError('too-busy', 'the users file is being edited by hand', { retryAfterS: 5 })
  }

  #look (now: number): void {
    let stamp = 'unreadable'
    try {
      stamp = stampOf(this.#path)
      if (stamp !== this.#stamp) {
        const version = readVersion(this.#path)
        const age = Date.now() - version.mtimeMs
        if (age >= 0 && age < SETTLE_MS) return // to be looked at again at the next call
        if (version.stamp === '') throw new ClientFileError(['it is gone'])
        this.#accept(readAccounts(version.text), version.stamp)
        this.#log.info({ users: this.#accounts.size }, 'users file read again')
      }
    } catch (err) {
      if (stamp !== this.#stamp) this.#log.error({ err, file: this.#path }, 'users file is broken, the last good one stays in force')
      this.#stamp = stamp
    }
    this.#lookedAt = now
  }

  #accept (accounts: Accounts, stamp: string): void {
    this.#accounts = accounts
    this.#stamp = stamp
    this.#lookedAt = performance.now()
    this.#onRead(accounts)
  }

  /** Where a symbolic link leads: that file is replaced, not the link. */
  #target (): string {
    try {
      return realpathSync(this.#path)
    } catch {
      return this.#path // a new file; a broken folder shows itself at the lock
    }
  }

  #explain (error: unknown): unknown {
    if (error instanceof ClientFileError) {
      this.#log.error({ err: error, file: this.#path }, 'users file is broken and cannot be edited')
      return new AppError('file-not-writable', 'the users file has faults, which the log names; they must be corrected by hand first', { cause: error })
    }
    const { code } = error as NodeJS.ErrnoException // AppError has a code too, which is none of these
    if (!['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'ENOSPC', 'EDQUOT', 'ENOENT'].includes(code ?? '')) return error
    return new AppError('file-not-writable', `the users file cannot be replaced (${code})${ownerOf(this.#path)}`, { cause: error })
  }
}

/** The file's text and stamp from one opened file, or throws ClientFileError where it is no text; a missing file is empty, with no stamp. */
function readVersion (path: string): Version {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // what node:fs throws
    return { stamp: '', mtimeMs: 0, text: '' }
  }
  try {
    const stats = fstatSync(file, { bigint: true })
    if (stats.size > MAX_BYTES) throw new ClientFileError([`it is larger than ${MAX_BYTES} bytes`])
    const bytes = readFileSync(file)
    if (!isUtf8(bytes)) throw new ClientFileError(['it is not UTF-8'])
    return { stamp: stampFrom(stats), mtimeMs: Number(stats.mtimeMs), text: bytes.toString() }
  } finally {
    closeSync(file)
  }
}

function stampOf (path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats ? stampFrom(stats) : ''
}

function stampFrom ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':')
}

function ownerOf (path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats ? `; it belongs to the account with uid ${stats.uid}` : ''
}

function replaceHash (account: Account, hash: { readonly from: string, readonly to: string } | undefined): Account {
  return hash?.from === account.password ? { ...account, password: hash.to } : account
}
