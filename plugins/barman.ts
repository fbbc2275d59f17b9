import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { readManual, readSettings } from '../lib/barman/configuration.ts'
import { Explainer } from '../lib/barman/explain.ts'
import type { Host } from '../lib/barman/host.ts'
import type { Target } from '../lib/barman/target.ts'
import { Calls } from '../lib/calls.ts'
import type { Config } from '../lib/config/schema.ts'
import { showConfig } from '../lib/config/show.ts'
import { maySee } from '../lib/users/access.ts'
import type { User } from '../lib/users/user.ts'
import type { BarmanSettings, OwnSettings, ParameterManual } from '../schemas/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly calls: Calls
    readonly explainer: Explainer
    readonly configuration: {
      /** Barman's, without the servers that the user may not see. */
      settings (host: Host, user: User): Promise<BarmanSettings>
      manual (host: Host): Promise<ParameterManual[]>
      own (): OwnSettings
    }
  }
}

/** What can be done with Barman: its commands carried out and explained, its configuration read. */
export default fp(async (fastify: FastifyInstance) => {
  const { settings } = fastify
  fastify.decorate('calls', new Calls({
    jobs: fastify.jobs,
    history: fastify.history,
    targets: targetsOf(settings),
    asyncCommands: settings.barman.async_command,
    get readTimeoutMs () { return settings.barman.read_timeout * 1000 }, // these two may change while we run
    get replyWaitMs () { return settings.application.reply_wait * 1000 },
    maxInputBytes: settings.barman.max_wal_bytes
  }))
  fastify.decorate('explainer', new Explainer(settings.barman.async_command))
  fastify.decorate('configuration', {
    settings: (host, user) => readSettings(host, (server) => maySee(user, server)),
    manual: readManual,
    own: () => showConfig(settings)
  })
}, { name: 'barman', dependencies: ['jobs'] })

function targetsOf ({ targets }: Config): ReadonlyMap<string, Target> {
  return new Map([...targets].map(([name, { directory, ssh_command: sshCommand }]) => [name, { directory, ...(sshCommand ? { sshCommand } : {}) }]))
}
