import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import type { Scope } from '../../schemas/user.ts'
import { AppError } from '../errors.ts'
import { type Account, type AccountChange, type Accounts, removeAccount, writeAccount } from './client-file.ts'
import { checkFields } from './fields.ts'
import { type Cost, isLegacy, isWrapped, Passwords } from './password.ts'
import type { User } from './user.ts'
import { UsersFile } from './users-file.ts'

export type { User } from './user.ts'

/** What a store needs. */
export interface UserStoreOptions {
  /** client.conf; it may be missing until the first user is added. */
  readonly file: string
  /** `[user] secret`, the key of every hash. */
  readonly pepper: string
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** What a hash costs; tests take less. */
  readonly cost?: Cost
}

/** Rights to set; what is absent stays, or for a new user is empty, and `scopes` all but `exec`. */
export interface RightsChange {
  readonly access?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
  readonly scopes?: readonly Scope[] | undefined
  readonly servers?: readonly string[] | null | undefined
}

/** Who edits, and who may object. */
export interface EditOptions {
  /** From the local command line, where short passwords are the operator's own affair. */
  readonly local?: boolean
  /** Called under the lock with the user as he is and as he would be; what it throws ends the edit. */
  readonly check?: (before: User | null, after: User | null) => void
}

const DEFAULT_NAME = 'memin'
const DEFAULT_PASSWORD = '1258' // printed in the documentation of barmanapi 0.3
const DEFAULT_MD5 = '26588e932c7ccfa1df309280702fe1b5' // likewise

/** The users in client.conf: asked, logged in, and edited, while people and the command line edit the same file. */
export class UserStore {
  readonly #file: UsersFile
  readonly #passwords: Passwords
  readonly #log: UserStoreOptions['log']
  /** What is known of hashes that may hide the default password. */
  readonly #isDefault = new Map<string, boolean>()
  #wrapping: Promise<void> = Promise.resolve()

  private constructor ({ file, pepper, log, cost }: UserStoreOptions) {
    this.#passwords = new Passwords(pepper, cost)
    this.#log = log
    this.#file = new UsersFile(file, log, (accounts) => { this.#wrapping = this.#wrapping.then(() => this.#wrapLegacy(accounts)) })
  }

  /** Reads the file and wraps what bare md5 it holds, or throws a StartError that names all its faults. */
  static async open (options: UserStoreOptions): Promise<UserStore> {
    const store = new UserStore(options)
    store.#file.open()
    await store.#wrapping
    return store
  }

  /** All users, in the order of the file. */
  list (): readonly User[] {
    return [...this.#file.accounts().values()].map(({ user }) => user)
  }

  /** The user with his rights as they are now. */
  get (name: string): User | undefined {
    return this.#file.accounts().get(name)?.user
  }

  /** The user if that is his password, else null: after the same work, whether there is such a user or not. */
  async authenticate (name: string, password: string): Promise<User | null> {
    this.#file.accounts() // notices an md5 added by hand, which is then being wrapped
    await this.#wrapping
    const account = this.#file.accounts().get(name)
    const { matches, outdated } = await this.#passwords.verify(password, account?.password)
    const now = this.#file.accounts().get(name)
    if (!matches || now === undefined || now.password !== account?.password) return null // changed or removed meanwhile
    if (outdated) await this.#renew(account, password)
    return now.user
  }

  /** Makes a user, or throws `bad-request` or `user-exists`. */
  async add (user: { readonly name: string, readonly password: string } & RightsChange, options: EditOptions = {}): Promise<User> {
    const { name, password, ...rights } = user
    checkFields(user, options.local === true)
    if (this.get(name)) throw exists(name)
    const hash = await this.#passwords.hash(password)
    // A random start: tokens of a removed user of that name never fit the new one.
    return await this.#edit(name, options, (account) => {
      if (account) throw exists(name)
      return { access: [], deny: [], ...rights, password: hash, ver: randomInt(2 ** 47) }
    })
  }

  /** Changes a user, or throws `bad-request` or `unknown-user`. A new password ends his tokens; rights are read live and end none. */
  async change (name: string, change: { readonly password?: string | undefined } & RightsChange, options: EditOptions = {}): Promise<User> {
    checkFields(change, options.local === true)
    if (!this.get(name)) throw unknown(name)
    const { password, access, deny, scopes, servers } = change
    const hash = password === undefined ? undefined : await this.#passwords.hash(password)
    return await this.#edit(name, options, (account) => {
      if (!account) throw unknown(name)
      return { access, deny, scopes, servers, password: hash, ver: hash === undefined ? undefined : account.user.ver + 1 }
    })
  }

  /** Ends the user's tokens, or throws `unknown-user`. */
  async revoke (name: string, options: EditOptions = {}): Promise<User> {
    return await this.#edit(name, options, (account) => {
      if (!account) throw unknown(name)
      return { ver: account.user.ver + 1 }
    })
  }

  /** Removes the user, or throws `unknown-user`. */
  async remove (name: string, options: EditOptions = {}): Promise<void> {
    await this.#file.edit((text, accounts) => {
      const account = accounts.get(name)
      if (!account) throw unknown(name)
      options.check?.(account.user, null)
      return removeAccount(text, name)
    })
  }

  /** True while somebody has the password that the documentation of barmanapi 0.3 printed; beyond loopback nobody may listen then. */
  async hasKnownDefault (): Promise<boolean> {
    await this.#wrapping
    const suspects = [...this.#file.accounts().values()].filter(({ user, password }) => user.name === DEFAULT_NAME || isWrapped(password) || isLegacy(password))
    for (const { password } of suspects) {
      const known = this.#isDefault.get(password) ?? await this.#hidesDefault(password)
      this.#isDefault.set(password, known)
      if (known) return true
    }
    return false
  }

  /** Waits for edits under way. */
  async close (): Promise<void> {
    await this.#wrapping
    await this.#file.close()
  }

  async #edit (name: string, { check }: EditOptions, change: (account: Account | undefined) => AccountChange): Promise<User> {
    const accounts = await this.#file.edit((text, accounts) => writeAccount(text, name, change(accounts.get(name))),
      (before, after) => check?.(before.get(name)?.user ?? null, after.get(name)?.user ?? null))
    const account = accounts.get(name)
    if (!account) throw unknown(name)
    return account.user
  }

  async #hidesDefault (password: string): Promise<boolean> {
    return password.toLowerCase() === DEFAULT_MD5 || (await this.#passwords.verify(DEFAULT_PASSWORD, password)).matches
  }

  /** Hides bare md5 lines at once. A file that cannot be written keeps them, and they are wrapped in memory alone. */
  async #wrapLegacy (accounts: Accounts): Promise<void> {
    const bare = [...accounts.values()].filter(({ password }) => isLegacy(password))
    if (bare.length === 0) return
    await this.#swap(bare, ({ password }) => this.#passwords.wrap(password), 'md5 passwords wrapped')
  }

  async #renew (account: Account, plain: string): Promise<void> {
    await this.#swap([account], () => this.#passwords.hash(plain), 'password hashed anew')
  }

  /** Puts new hashes where the old ones still stand. A failure to write must not fail a login: then they hold in memory alone. */
  async #swap (accounts: readonly Account[], renew: (account: Account) => Promise<string>, done: string): Promise<void> {
    const hashes = new Map(await Promise.all(accounts.map(async (account) =>
      [account.user.name, { from: account.password, to: await renew(account) }] as const)))
    const users = [...hashes.keys()]
    try {
      await this.#file.edit((text, now) => [...now.values()].filter(({ user, password }) => hashes.get(user.name)?.from === password)
        .reduce((next, { user }) => writeAccount(next, user.name, { password: hashes.get(user.name)?.to }), text))
      this.#log.info({ users }, done)
    } catch (err) {
      this.#file.override(hashes)
      this.#log.warn({ err, users }, 'users file not updated with new hashes')
    }
  }
}

function exists (name: string): AppError {
  return new AppError('user-exists', `there is a user ${name} already`)
}

function unknown (name: string): AppError {
  return new AppError('unknown-user', `there is no user ${JSON.stringify(name.slice(0, 64))}`)
}
