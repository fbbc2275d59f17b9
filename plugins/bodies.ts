import { isUtf8 } from 'node:buffer'
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
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer // parsed as one, one line up
    if (bytes.length === 0) done(null, {})
    else if (isUtf8(bytes)) parseJson(request, bytes.toString('utf8'), done)
    else done(new AppError('bad-request', 'The body is not UTF-8')) // Node would put U+FFFD there, and pass on what nobody sent
  })
  fastify.addContentTypeParser('application/x-tar', (request, payload, done) => {
    if (request.routeOptions.config.takesTar) done(null, payload)
    else done(new AppError('unsupported-media-type', 'This route takes application/json'))
  })
  fastify.addHook('preValidation', async (request) => {
    if (request.method === 'POST') request.body ??= {}
  })
}, { name: 'bodies' })
