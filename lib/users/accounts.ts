import { AppError, type InputFault } from '../errors.ts'
import { POLICY_TABLE } from '../barman/policy-table.ts'
import { parseList } from '../config/lists.ts'
import type { Scope, User as WireUser } from '../../schemas/user.ts'
import { refuse } from './access.ts'
import { type Grant, mayGrant } from './grants.ts'
import type { Logins } from './logins.ts'
import type { User } from './user.ts'
import type { RightsChange, UserStore } from './users.ts'

/** What a caller of the API says of a user; lists also as Python prints them. */
export interface AccountInput {
  readonly username: string
  readonly password?: string | undefined
  readonly current_password?: string | undefined
  readonly access?: readonly string[] | string | undefined
  readonly deny?: readonly string[] | string | undefined
  readonly scopes?: readonly string[] | string | undefined
  readonly servers?: readonly string[] | string | null | undefined
}

/** Users as other users may see and edit them: nobody grants what he lacks. */
export class Accounts {
  readonly #users: UserStore
  readonly #logins: Logins

  constructor (users: UserStore, logins: Logins) {
    this.#users = users
    this.#logins = logins
  }

  list (): WireUser[] {
    return this.#users.list().map(shown)
  }

  show (user: User): WireUser {
    return shown(user)
  }

  /** Makes a user, or throws `bad-request`, `user-exists` or `forbidden`. */
  async add (actor: User, { username, password = '', ...input }: AccountInput): Promise<WireUser> {
    return shown(await this.#users.add({ name: username, password, ...rightsOf(input) }, { check: this.#grant(actor, {}) }))
  }

  /** Changes a user, or throws `bad-request`, `unknown-user`, `forbidden` or `too-many-attempts`; the address is the caller's. */
  async change (actor: User, { username, password, current_password: current, ...input }: AccountInput, address: string): Promise<WireUser> {
    if (current !== undefined && username !== actor.name) {
      throw new AppError('bad-request', 'Only the own current password is asked for', { errors: [{ pointer: '/current_password', detail: 'belongs to a change of the own password' }] })
    }
    const knowsPassword = current !== undefined && (await this.#logins.authenticate(username, current, address)) !== null
    if (current !== undefined && !knowsPassword) throw new AppError('forbidden', 'The current password is wrong')
    return shown(await this.#users.change(username, { password, ...rightsOf(input) }, { check: this.#grant(actor, { setsPassword: password !== undefined, knowsPassword }) }))
  }

  /** Ends every token of the user, or throws `unknown-user` or `forbidden`. */
  async revoke (actor: User, name: string): Promise<void> {
    await this.#users.revoke(name, { check: this.#grant(actor, {}) })
  }

  /** Removes the user, or throws `unknown-user` or `forbidden`. */
  async remove (actor: User, name: string): Promise<void> {
    await this.#users.remove(name, { check: this.#grant(actor, {}) })
  }

  /** Decides under the lock, by the actor's rights as they are then: hashing took a while. */
  #grant ({ name }: User, grant: Grant): (before: User | null, after: User | null) => void {
    return (before, after) => {
      const actor = this.#users.get(name)
      const decision = actor ? mayGrant(actor, before, after, { ...grant, aliases: ALIASES }) : refuse('you are no user any more')
      if (!decision.allowed) throw new AppError('forbidden', decision.because)
    }
  }
}

/** Paths that are one thing: who is denied one of them cannot grant the other. */
const ALIASES = [['barman/reload', 'config/barman/reload'], ...POLICY_TABLE.map(({ names }) => names.map((name) => `barman/${name}`))].filter(({ length }) => length > 1)

function shown ({ name, access, deny, scopes, servers }: User): WireUser {
  return { username: name, access: [...access], deny: [...deny], scopes: [...scopes], servers: servers && [...servers] }
}

function rightsOf (input: Pick<AccountInput, 'access' | 'deny' | 'scopes' | 'servers'>): RightsChange {
  const faults: InputFault[] = []
  const list = (key: keyof typeof input) => {
    const value = input[key]
    if (typeof value !== 'string') return value
    try {
      return parseList(value)
    } catch (error) {
      faults.push({ pointer: `/${key}`, detail: (error as Error).message }) // parseList throws nothing else
    }
  }
  const [access, deny, scopes, servers] = [list('access'), list('deny'), list('scopes'), list('servers')]
  if (faults.length > 0) throw new AppError('bad-request', 'A list cannot be read', { errors: faults })
  return { access: access ?? undefined, deny: deny ?? undefined, scopes: (scopes ?? undefined) as readonly Scope[] | undefined, servers } // UserStore checks that they are scopes
}
