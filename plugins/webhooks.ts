import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { OverdueWatch } from '../lib/webhooks/overdue.ts'
import { webhookOf } from '../lib/webhooks/webhook.ts'
import { Webhooks } from '../lib/webhooks/webhooks.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Hears of jobs from their registry; it is there before that, so that it misses none. */
    readonly webhooks: Webhooks
  }
}

/** Tells others what becomes of jobs, and which backup is overdue. */
export default fp(async (fastify: FastifyInstance) => {
  const { settings: { webhooks: sections, application, barman }, hosts, log } = fastify
  const folder = join(application.store_directory, 'webhooks')
  const publicUrl = application.public_url.replace(/\/+$/, '')
  const webhooks = await Webhooks.open({ folder, webhooks: [...sections].map(([name, section]) => webhookOf(name, section)), publicUrl, log })
  const overdue = new OverdueWatch({ hosts, couriers: webhooks.couriers, folder, publicUrl, readTimeoutMs: barman.read_timeout * 1000, log })
  fastify.decorate('webhooks', webhooks)
  fastify.addHook('onReady', async () => {
    await webhooks.start(fastify.jobs)
    overdue.start()
  })
  fastify.addHook('onClose', async () => {
    overdue.close()
    await webhooks.close()
  })
}, { name: 'webhooks', dependencies: ['hosts', 'services'] })
