import { availableParallelism } from 'node:os'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Host } from '../lib/barman/host.ts'
import { parseOverrides } from '../lib/barman/policy-overrides.ts'
import { AppError, StartError } from '../lib/errors.ts'
import { barmanEnvironment } from '../lib/runner/environment.ts'
import { LocalRunner } from '../lib/runner/local.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly hosts: ReadonlyMap<string, Host>
    /** The host of that name, or throws `unknown-host`. */
    host (name: string): Host
  }
}

/** The machines whose Barman is served, each with its catalogue read. */
export default fp<{ env: Readonly<Record<string, string | undefined>> }>(async (fastify: FastifyInstance, { env }) => {
  const { barman, policy } = fastify.settings
  if (barman.remote) throw new StartError('[barman] remote = true: this version reaches Barman on its own machine only')
  const host = new Host({
    name: 'default',
    runner: new LocalRunner(barman.command, barmanEnvironment(env)),
    configFile: barman.config_file,
    cacheFolder: fastify.folders.config,
    garbage: fastify.folders.garbage,
    overrides: parseOverrides(policy).overrides,
    cores: availableParallelism(),
    log: fastify.log
  })
  const hosts = new Map([[host.name, host]])
  fastify.decorate('hosts', hosts)
  fastify.decorate('host', (name: string) => {
    const found = hosts.get(name)
    if (!found) throw new AppError('unknown-host', 'There is no such host')
    return found
  })
  await host.current()
  await host.checkAccount()
}, { name: 'hosts', dependencies: ['services'] })
