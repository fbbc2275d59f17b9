import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { Problem } from '../schemas/problem.ts'

const Health = Type.Object({ status: Type.Literal('ok') }, { $id: 'Health' })

/** For orchestrators: open, and without detail. */
export default async function healthRoutes (fastify: FastifyInstance): Promise<void> {
  const config = { access: 'public' } as const

  fastify.get('/health/live', {
    config,
    schema: { operationId: 'isLive', tags: ['health'], summary: 'The process answers', security: [], response: { 200: Health } }
  }, () => ({ status: 'ok' }))

  fastify.get('/health/ready', {
    config,
    schema: { operationId: 'isReady', tags: ['health'], summary: 'Barman can be called', security: [], response: { 200: Health, '5xx': Problem } }
  }, async () => {
    await fastify.host('default').current()
    return { status: 'ok' }
  })
}
