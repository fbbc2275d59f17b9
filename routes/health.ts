import type { FastifyInstance } from 'fastify'
import { Health } from '../schemas/health.ts'
import { named } from '../schemas/named.ts'
import { Problem } from '../schemas/problem.ts'

/** For orchestrators: open, and without detail. */
export default async function healthRoutes (fastify: FastifyInstance): Promise<void> {
  const config = { access: 'public' } as const

  fastify.get('/health/live', {
    config,
    schema: { operationId: 'isLive', tags: ['health'], summary: 'The process answers', description: 'Open to everybody. Where it fails, restart the service.', security: [], response: { 200: named(Health) } }
  }, () => ({ status: 'ok' }))

  fastify.get('/health/ready', {
    config,
    schema: { operationId: 'isReady', tags: ['health'], summary: 'Barman can be called', description: 'Open to everybody. Where it fails, send no requests here for a while.', security: [], response: { 200: named(Health), '5xx': named(Problem) } }
  }, async () => {
    await fastify.host('default').current()
    return { status: 'ok' }
  })
}
