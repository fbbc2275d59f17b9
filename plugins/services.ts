import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../lib/config/schema.ts'
import { type Secrets, type StoreFolders, usersFile } from '../lib/config/store.ts'
import { Accounts } from '../lib/users/accounts.ts'
import { Logins } from '../lib/users/logins.ts'
import { UserStore } from '../lib/users/users.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly settings: Config
    readonly folders: StoreFolders
    readonly secrets: Secrets
    readonly users: UserStore
    readonly logins: Logins
    readonly accounts: Accounts
  }
}

/** Lends what was read before the service began: configuration, folders, secrets, users. */
export default fp<{ config: Config, folders: StoreFolders, secrets: Secrets }>(async (fastify: FastifyInstance, { config, folders, secrets }) => {
  const users = await UserStore.open({ file: usersFile(config), pepper: secrets.pepper, log: fastify.log })
  fastify.decorate('settings', config)
  fastify.decorate('folders', folders)
  fastify.decorate('secrets', secrets)
  fastify.decorate('users', users)
  const logins = new Logins(users)
  fastify.decorate('logins', logins)
  fastify.decorate('accounts', new Accounts(users, logins))
  fastify.addHook('onClose', () => users.close())
}, { name: 'services' })
