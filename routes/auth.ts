import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { Token } from '../schemas/auth.ts'
import { named } from '../schemas/named.ts'
import { twin } from './twins.ts'

/** Tokens: name and password in, token out. */
export default async function authRoutes (fastify: FastifyInstance): Promise<void> {
  twin(fastify, {
    verb: 'GET',
    url: '/auth/token',
    input: Type.Object({}, { additionalProperties: false }),
    config: { access: { path: 'auth/token', scopes: [] }, login: 'basic' },
    schema: {
      operationId: 'getToken',
      tags: ['auth'],
      summary: 'Get a token for all other calls',
      description: 'Send name and password by Basic. The token goes into `Authorization: Bearer` of all other calls. It ends by itself, with a new password, and with its user.',
      response: { 200: named(Token) }
    },
    handler: (_, request, reply) => {
      reply.header('cache-control', 'no-store')
      return fastify.signToken(request.caller)
    }
  })
}
