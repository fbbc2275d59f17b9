import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { Done, Token } from '../schemas/auth.ts'
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

  twin(fastify, {
    verb: 'POST',
    url: '/auth/logout',
    input: Type.Object({}, { additionalProperties: false }),
    config: { access: { path: 'auth/logout', scopes: [] }, audit: 'logout' },
    schema: {
      operationId: 'logout',
      tags: ['auth'],
      summary: 'End this token',
      description: 'The token that opens this call ends at once, also across a restart. Other tokens of the user stay: `/auth/user/{username}/revoke` ends all of them.',
      response: { 200: named(Done) }
    },
    handler: async (_, { token }) => {
      if (token !== null) await fastify.endToken(token) // a password opens other routes only
      return { ok: true }
    }
  })
}
