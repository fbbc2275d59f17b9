import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { readManual, readSettings } from '../lib/barman/configuration.ts'
import { Explainer } from '../lib/barman/explain.ts'
import type { Host } from '../lib/barman/host.ts'
import { Calls } from '../lib/calls.ts'
import { showConfig } from '../lib/config/show.ts'
import { FileStore } from '../lib/jobs/file-store.ts'
import { History } from '../lib/jobs/history.ts'
import { judge } from '../lib/jobs/judge.ts'
import { JobRegistry } from '../lib/jobs/registry.ts'
import type { BarmanSettings, OwnSettings, ParameterManual } from '../schemas/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly jobs: JobRegistry
    readonly history: History
    readonly calls: Calls
    readonly explainer: Explainer
    readonly configuration: {
      settings (host: Host): Promise<BarmanSettings>
      manual (host: Host): Promise<ParameterManual[]>
      own (): OwnSettings
    }
  }
}

/** Every job there is, found again from disk before the service listens, and what starts new ones. */
export default fp(async (fastify: FastifyInstance) => {
  const { settings, host } = fastify
  const jobs = await JobRegistry.open({
    store: new FileStore(fastify.folders.active),
    runnerOf: (name) => host(name).runner,
    judge: (record, exit, output) => judge(host(record.host), record, exit, output),
    slots: settings.jobs.slots,
    queue: settings.jobs.queue,
    log: fastify.log
  })
  fastify.decorate('jobs', jobs)
  const history = new History(jobs)
  fastify.decorate('history', history)
  fastify.decorate('calls', new Calls({
    jobs,
    history,
    targets: new Map([...settings.targets].map(([name, { directory, ssh_command: sshCommand }]) => [name, { directory, ...(sshCommand ? { sshCommand } : {}) }])),
    asyncCommands: settings.barman.async_command,
    readTimeoutMs: settings.barman.read_timeout * 1000,
    replyWaitMs: settings.application.reply_wait * 1000,
    maxInputBytes: settings.barman.max_wal_bytes
  }))
  fastify.decorate('explainer', new Explainer(settings.barman.async_command))
  fastify.decorate('configuration', { settings: readSettings, manual: readManual, own: () => showConfig(settings) })
  fastify.addHook('onClose', async () => jobs.close())
}, { name: 'jobs', dependencies: ['hosts', 'services'] })
