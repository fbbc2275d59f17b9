import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { documentOf } from '../lib/openapi/document.ts'
import type { CompiledCatalogue } from '../lib/barman/compile.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The OpenAPI document of the catalogue as it is now; made once a catalogue. */
    openapi (): object
  }
}

const TAGS = [
  { name: 'auth', description: 'Tokens and users' },
  { name: 'catalogue', description: 'What the installed Barman offers' },
  { name: 'read', description: 'Commands that only look' },
  { name: 'operate', description: 'Commands that back up and maintain' },
  { name: 'restore', description: 'Commands that hand out data' },
  { name: 'destroy', description: 'Commands that remove or overwrite data' },
  { name: 'config', description: 'Configuration, of Barman and of this service' },
  { name: 'history', description: 'Jobs: long work, by ticket' },
  { name: 'health', description: 'For orchestrators' }
]

/** Collects what each route says of itself, and merges it with the catalogue. */
export default fp(async (fastify: FastifyInstance) => {
  const { in_query: inQuery } = fastify.settings.auth_token
  await fastify.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'barmanapi',
        version: '1.0.0',
        description: 'Barman, the backup and recovery manager for PostgreSQL, as a REST API.\n\nGet a token from `/auth/token` with name and password, then Authorize with it.',
        license: { name: 'GPL-3.0-or-later', identifier: 'GPL-3.0-or-later' }
      },
      servers: [{ url: '/', description: 'This service' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token of `/auth/token`' },
          basic: { type: 'http', scheme: 'basic', description: 'Name and password, for `/auth`' },
          ...(inQuery ? { query: { type: 'apiKey', in: 'query', name: 'token', description: 'A token, as barmanapi 0.3 took it' } as const } : {})
        }
      },
      security: [{ bearer: [] }, ...(inQuery ? [{ query: [] }] : [])]
    },
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
    transform: ({ schema, url, route }) => ({ url, schema: { ...schema, ...secure(route.config?.login, inQuery) } }) // a route without a schema is hidden
  })
  const documents = new WeakMap<CompiledCatalogue, object>()
  fastify.decorate('openapi', () => {
    const { catalogue } = fastify.host('default')
    const document = documents.get(catalogue) ?? documentOf(fastify.swagger(), catalogue, fastify.settings.barman.async_command)
    documents.set(catalogue, document)
    return document
  })
}, { name: 'openapi', dependencies: ['services'] })

/** What opens a route where that is not a token alone. */
function secure (login: 'basic' | 'either' | undefined, inQuery: boolean): object {
  if (login === 'basic') return { security: [{ basic: [] }] }
  return login === 'either' ? { security: [{ bearer: [] }, { basic: [] }, ...(inQuery ? [{ query: [] }] : [])] } : {}
}
