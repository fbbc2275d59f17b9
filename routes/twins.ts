import { type Static, type TObject, Type } from '@sinclair/typebox'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { AppError } from '../lib/errors.ts'
import { named } from '../schemas/named.ts'
import { Problem } from '../schemas/problem.ts'

export interface Twin<T extends TObject> {
  /** The verb that the document shows; the other one works as it did in barmanapi 0.3 and is marked deprecated. */
  readonly verb: 'GET' | 'POST'
  readonly url: string
  /** Parameters: of the query by GET, of the JSON body by POST. */
  readonly input: T
  readonly schema: FastifySchema & { readonly operationId: string, readonly tags: readonly string[], readonly summary: string }
  readonly config: FastifyContextConfig
  readonly handler: (input: Static<T>, request: FastifyRequest, reply: FastifyReply) => unknown
}

const Nothing = Type.Object({}, { additionalProperties: false })

/** Declares one operation by GET and by POST. */
export function twin<T extends TObject> (fastify: FastifyInstance, { verb, url, input, schema, config, handler }: Twin<T>): void {
  for (const method of ['GET', 'POST'] as const) {
    const isTwin = method !== verb
    fastify.route({
      method,
      url,
      config,
      schema: {
        ...schema,
        ...(method === 'GET' ? { querystring: input } : { body: input, querystring: Nothing }),
        response: { ...schema.response as object, '4xx': named(Problem), '5xx': named(Problem) }, // `unknown` to Fastify; always an object of schemas
        ...(isTwin ? { deprecated: true, operationId: `${schema.operationId}By${method === 'GET' ? 'Get' : 'Post'}` } : {})
      },
      handler: async (request, reply) => {
        if (verb === 'POST') guardChange(request, reply, url)
        return handler((method === 'GET' ? request.query : request.body) as Static<T>, request, reply) // validated against `input` just before
      }
    })
  }
}

/** What changes something is never kept by a cache; and no browser changes a user because it followed a link. */
function guardChange (request: FastifyRequest, reply: FastifyReply, url: string): void {
  reply.header('cache-control', 'no-store')
  if (request.method !== 'GET' || !url.startsWith('/auth/')) return
  if (!request.server.settings.auth_token.in_query) throw new AppError('method-not-allowed', 'Passwords in the query are switched off here: use POST')
  const { referer, accept = '', host } = request.headers
  const isForeign = referer !== undefined && !(URL.canParse(referer) && new URL(referer).host === host)
  if (isForeign || accept.includes('text/html')) throw new AppError('forbidden', 'A page may not change users by GET: use POST')
}
