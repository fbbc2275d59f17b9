import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../lib/errors.ts'
import { CatalogueHelp, CommandHelp } from '../schemas/command.ts'
import { Job } from '../schemas/job.ts'
import { named } from '../schemas/named.ts'
import { Problem } from '../schemas/problem.ts'
import { inputOf, keyOf, preferenceOf, tarOf } from './input.ts'
import { twin } from './twins.ts'

interface Params { readonly host?: string, readonly command: string }

const Nothing = Type.Object({}, { additionalProperties: false })
const RETRY_AFTER_S = 5

/** Every command of the installed Barman. The catalogue is data: these few routes serve whatever it holds. */
export default async function barmanRoutes (fastify: FastifyInstance): Promise<void> {
  twin(fastify, {
    verb: 'GET',
    url: '/barman/help',
    input: Nothing,
    config: { access: { path: 'barman/help', scopes: ['read'] } },
    schema: {
      operationId: 'getCatalogue',
      tags: ['catalogue'],
      summary: 'All commands with their parameters',
      description: 'As the help of the installed Barman tells them. What the caller may not call is left out.',
      response: { 200: named(CatalogueHelp) }
    },
    handler: (_, request) => fastify.explainer.catalogue(hostOf(fastify, request), request.caller)
  })

  const reloads = [['/barman/reload', 'reloadCatalogue'], ['/config/barman/reload', 'reloadConfiguration']] as const
  for (const [url, operationId] of reloads) {
    twin(fastify, {
      verb: 'POST',
      url,
      input: Nothing,
      config: { access: { path: url.slice(1), aliases: reloads.map(([other]) => other.slice(1)), scopes: ['config'] }, audit: 'barman.reload' },
      schema: {
        operationId,
        tags: ['catalogue'],
        summary: 'Ask Barman again what it offers',
        description: 'Takes seconds. Happens by itself at the first start and whenever Barman changed. Until all is read, and if anything fails, the old catalogue stays.',
        response: { 200: named(CatalogueHelp) }
      },
      handler: (_, request) => fastify.explainer.reload(hostOf(fastify, request), request.caller)
    })
  }

  for (const method of ['GET', 'POST'] as const) {
    fastify.route<{ Params: Params }>({
      method,
      url: '/barman/:command/help',
      config: { access: 'by-handler' },
      schema: { hide: true, ...method === 'GET' ? { querystring: Nothing } : { querystring: Nothing, body: Nothing }, response: { 200: named(CommandHelp), '4xx': named(Problem), '5xx': named(Problem) } },
      handler: (request) => fastify.explainer.command(hostOf(fastify, request), request.caller, request.params.command)
    })

    fastify.route<{ Params: Params }>({
      method,
      url: '/barman/:command',
      config: { access: 'by-handler', takesTar: true },
      schema: { hide: true, response: { 202: named(Job), '4xx': named(Problem), '5xx': named(Problem) } },
      handler: (request, reply) => run(fastify, request, reply)
    })
  }
}

async function run (fastify: FastifyInstance, request: FastifyRequest<{ Params: Params }>, reply: FastifyReply): Promise<unknown> {
  const call = await fastify.calls.prepare(hostOf(fastify, request), request.params.command, request.caller, inputOf(request))
  const preference = preferenceOf(request)
  const kind = fastify.calls.kindOf(call, preference)
  const tar = tarOf(request)
  if (tar && kind !== 'job') throw new AppError('unsupported-media-type', 'This command takes application/json')
  if (kind === 'read') return fastify.calls.read(call)
  if (kind === 'bytes') {
    const { stream, size } = await fastify.calls.bytes(call)
    return reply.type('application/octet-stream').header('content-length', size).send(stream)
  }
  const { ticket, isReplay } = await fastify.calls.take(call, {
    asker: { user: request.caller.name, requestId: request.id }, key: keyOf(request), input: tar, isRepeatable: request.method === 'GET'
  })
  reply.header('cache-control', 'no-store').header('location', `/history/${ticket}`)
  if (isReplay) reply.header('idempotency-replayed', 'true')
  const job = await fastify.calls.outcome(call, ticket, preference)
  if (job.ok === null) reply.code(isReplay ? 200 : 202).header('retry-after', RETRY_AFTER_S)
  return job
}

function hostOf (fastify: FastifyInstance, { params }: FastifyRequest): ReturnType<FastifyInstance['host']> {
  return fastify.host((params as Partial<Params>).host ?? 'default') // every route here has these params or none
}
