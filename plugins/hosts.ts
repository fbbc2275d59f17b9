import { availableParallelism } from 'node:os'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Host } from '../lib/barman/host.ts'
import { parseOverrides } from '../lib/barman/policy-overrides.ts'
import { AppError, StartError } from '../lib/errors.ts'
import { barmanEnvironment } from '../lib/runner/environment.ts'
import { LocalRunner } from '../lib/runner/local.ts'
import { Warm } from '../lib/runner/warm/warm.ts'

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
  const environment = barmanEnvironment(env)
  const runner = new LocalRunner(barman.command, environment)
  const warm: Warm = new Warm({
    command: barman.command,
    env: environment,
    plain: (argv, options) => runner.run(argv, options),
    proofs: async () => [['--version'], ['--help'], (await host.words('list-servers', {})).words],
    log: fastify.log
  })
  const host: Host = new Host({
    name: 'default',
    runner,
    warm,
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
  if (barman.warm === 'auto') fastify.addHook('onListen', async () => { warm.start() }) // it takes a second, in which plain processes answer
  fastify.addHook('onClose', async () => warm.close())
}, { name: 'hosts', dependencies: ['services'] })
