import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { jobEvents } from '../lib/audit/job-events.ts'
import { FileStore } from '../lib/jobs/file-store.ts'
import { DiskFloor } from '../lib/jobs/floor.ts'
import { History } from '../lib/jobs/history.ts'
import { judge } from '../lib/jobs/judge.ts'
import { Sampler } from '../lib/jobs/progress/sampler.ts'
import { JobRegistry } from '../lib/jobs/registry.ts'
import { mayRun } from '../lib/jobs/rights.ts'
import { LocalRunner } from '../lib/runner/local.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly jobs: JobRegistry
    readonly history: History
  }
}

/** Every job there is, found again from disk before the service listens. */
export default fp(async (fastify: FastifyInstance) => {
  const { host, settings } = fastify
  const floor = new DiskFloor(fastify.folders.active, settings.jobs.min_free_bytes)
  const store = new FileStore(fastify.folders.active)
  const jobs = await JobRegistry.open({
    store,
    runnerOf: (name) => host(name).runner,
    judge: (record, exit, output) => judge(host(record.host), record, exit, output),
    mayRun: (record) => mayRun(fastify.users.get(record.user), record),
    checkRoom: () => floor.check(),
    onChange: (record) => fastify.webhooks.notice(record),
    get slots () { return settings.jobs.slots }, // both may change while we run
    get queue () { return settings.jobs.queue },
    log: fastify.log
  })
  jobs.onChange(jobEvents((event) => fastify.audit(event)))
  fastify.decorate('jobs', jobs)
  const sampler = new Sampler(store, (name) => host(name).runner instanceof LocalRunner)
  fastify.decorate('history', new History(jobs, (record) => sampler.progressOf(record)))
  fastify.addHook('preClose', async () => { // before Fastify waits for its requests: those that wait for a job are answered, and streams end
    const started = jobs.close()
    await fastify.history.close()
    await started
  })
}, { name: 'jobs', dependencies: ['audit', 'hosts', 'services', 'webhooks'] })
