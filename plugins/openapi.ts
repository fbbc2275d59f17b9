import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { CompiledCatalogue } from '../lib/barman/compile.ts'
import { type Forms, formsOf } from '../lib/openapi/forms.ts'
import { INFO, securitySchemes, TAGS } from '../lib/openapi/info.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The OpenAPI document of the catalogue as it is now, 3.1 unless another form is asked for; made once a catalogue. */
    openapi (form?: keyof Forms): object
    /** What the page over it wears. */
    readonly openapiStyle: string
  }
}

/** Collects what each route says of itself, and merges it with the catalogue. */
export default fp(async (fastify: FastifyInstance) => {
  const { auth_token: { in_query: inQuery }, barman: { async_command: asyncCommands } } = fastify.settings
  await fastify.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      servers: [{ url: '/', description: 'This service' }],
      tags: [...TAGS],
      components: { securitySchemes: securitySchemes(inQuery) },
      security: [{ bearer: [] }]
    },
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
    transform: ({ schema, url, route: { config = {} } }) => ({ // a route without a schema is hidden
      url, schema: { ...schema, description: [schema?.description, needs(config)].filter(Boolean).join('\n\n'), ...secure(config) }
    })
  })
  const made = new WeakMap<CompiledCatalogue, Forms>()
  fastify.decorate('openapi', (form = 'v31') => {
    const { catalogue } = fastify.host('default')
    const forms = made.get(catalogue) ?? formsOf(fastify.swagger(), catalogue, asyncCommands)
    made.set(catalogue, forms)
    return forms[form]
  })
  fastify.decorate('openapiStyle', readFileSync(new URL('../lib/openapi/page.css', import.meta.url), 'utf8'))
}, { name: 'openapi', dependencies: ['services'] })

/** What opens a route where that is not a token alone. */
function secure ({ login }: FastifyContextConfig): object {
  if (login === 'basic') return { security: [{ basic: [] }] }
  return login === 'either' ? { security: [{ bearer: [] }, { basic: [] }] } : {}
}

/** The scopes of a route, for people. */
function needs ({ access }: FastifyContextConfig): string {
  if (typeof access !== 'object') return ''
  return access.scopes.length === 0 ? 'Needs no scope.' : `Needs the scope ${access.scopes.map((scope) => `\`${scope}\``).join(' and ')}.`
}
