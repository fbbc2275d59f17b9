import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { mkdirSync } from 'node:fs'
import { discover } from '../barman/discover.ts'
import { parseList } from '../config/lists.ts'
import type { Config } from '../config/schema.ts'
import { openSecrets, openStore, usersFile } from '../config/store.ts'
import { barmanEnvironment } from '../runner/environment.ts'
import { LocalRunner } from '../runner/local.ts'
import type { Scope } from '../../schemas/user.ts'
import { type RightsChange, UserStore } from '../users/users.ts'

const HELP_TIMEOUT_MS = 20_000
const HELP_BYTES = 256 * 1024

/** Lists as they stand on the command line. */
export interface RightsText {
  readonly access?: string | undefined
  readonly deny?: string | undefined
  readonly scopes?: string | undefined
  readonly servers?: string | undefined
}

/** Makes the store, its secrets and a first user; the password is in the answer and nowhere else. */
export async function init (config: Config, name: string): Promise<string> {
  const file = usersFile(config)
  return withUsers(config, async (users) => {
    if (users.list().length > 0) return `${file} has users already; nothing was changed\n`
    const password = randomBytes(18).toString('base64url')
    await users.add({ name, password }, LOCAL)
    return `The store is ${config.application.store_directory}, the users are in ${file}.\nUser: ${name}\nPassword: ${password}\nThe password is shown this once.\n`
  })
}

/** Makes a user, or throws `bad-request` or `user-exists`. */
export async function addUser (config: Config, name: string, rights: RightsText, password: string): Promise<string> {
  await withUsers(config, (users) => users.add({ name, password, ...rightsOf(rights) }, LOCAL))
  return `User ${name} was added\n`
}

/** Changes a password, or throws `bad-request` or `unknown-user`. */
export async function changePassword (config: Config, name: string, password: string): Promise<string> {
  await withUsers(config, (users) => users.change(name, { password }, LOCAL))
  return `The password of ${name} was changed\n`
}

export async function listUsers (config: Config): Promise<string> {
  const users = await withUsers(config, async (store) => store.list())
  return JSON.stringify(users.map(({ name, access, deny, scopes, servers }) => ({ username: name, access, deny, scopes, servers })), null, 2) + '\n'
}

/** Removes a user, or throws `unknown-user`. */
export async function deleteUser (config: Config, name: string): Promise<string> {
  await withUsers(config, (users) => users.remove(name, LOCAL))
  return `User ${name} was deleted\n`
}

/** The commands of a Barman as JSON, without global options; or throws `barman-unusable`. */
export async function catalogue (config: Config, env: Readonly<Record<string, string | undefined>>, barman = config.barman.command): Promise<string> {
  const runner = new LocalRunner(barman, barmanEnvironment(env))
  const run = (argv: readonly string[]) => runner.run(argv, { timeoutMs: HELP_TIMEOUT_MS, maxBytes: HELP_BYTES })
  const { version, commands } = await discover(run, { concurrency: availableParallelism() })
  const shown = commands.map(({ name, aliases, description, positionals, options }) => ({
    name, aliases, description, positionals: positionals.map(({ name, nargs, choices }) => ({ name, nargs, choices })), options
  }))
  return JSON.stringify({ version, commands: shown }, null, 2) + '\n'
}

const LOCAL = { local: true } as const

async function withUsers<T> (config: Config, work: (users: UserStore) => Promise<T>): Promise<T> {
  const file = usersFile(config)
  const { pepper } = openSecrets(config, openStore(config.application.store_directory))
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const log = { info () {}, warn () {}, error () {} }
  const users = await UserStore.open({ file, pepper, log })
  try {
    return await work(users)
  } finally {
    await users.close()
  }
}

function rightsOf (texts: RightsText): RightsChange {
  const list = (text: string | undefined) => text === undefined ? undefined : parseList(text)
  return { access: list(texts.access), deny: list(texts.deny), scopes: list(texts.scopes) as readonly Scope[] | undefined, servers: list(texts.servers) } // the store checks that they are scopes
}
