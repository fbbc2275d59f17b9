import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { FileStore } from '../lib/jobs/file-store.ts'
import { History } from '../lib/jobs/history.ts'
import { judge } from '../lib/jobs/judge.ts'
import { JobRegistry } from '../lib/jobs/registry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly jobs: JobRegistry
    readonly history: History
  }
}

/** Every job there is, found again from disk before the service listens. */
export default fp(async (fastify: FastifyInstance) => {
  const { host, settings } = fastify
  const jobs = await JobRegistry.open({
    store: new FileStore(fastify.folders.active),
    runnerOf: (name) => host(name).runner,
    judge: (record, exit, output) => judge(host(record.host), record, exit, output),
    slots: settings.jobs.slots,
    queue: settings.jobs.queue,
    log: fastify.log
  })
  fastify.decorate('jobs', jobs)
  fastify.decorate('history', new History(jobs))
  fastify.addHook('onClose', async () => jobs.close())
}, { name: 'jobs', dependencies: ['hosts', 'services'] })
