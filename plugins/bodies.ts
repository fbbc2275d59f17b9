import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { AppError } from '../lib/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes `application/x-tar` too, as a stream that it must bound and consume. */
    takesTar?: true
  }
}

/** POST takes JSON objects; an empty body is `{}`, every other content type a 415. */
export default fp(async (fastify: FastifyInstance) => {
  fastify.removeAllContentTypeParsers()
  const parseJson = fastify.getDefaultJsonParser('error', 'error')
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {})
    else parseJson(request, body as string, done) // parsed as a string, two lines up
  })
  fastify.addContentTypeParser('application/x-tar', (request, payload, done) => {
    if (request.routeOptions.config.takesTar) done(null, payload)
    else done(new AppError('unsupported-media-type', 'This route takes application/json'))
  })
  fastify.addHook('preValidation', async (request) => {
    if (request.method === 'POST') request.body ??= {}
  })
}, { name: 'bodies' })
