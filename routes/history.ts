import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { EventsHeaders, EventsQuery, HistoryPage, HistoryQuery, JobEvents, JobOutput, OutputQuery, TicketQuery, WaitQuery } from '../schemas/history.ts'
import { Job } from '../schemas/job.ts'
import { named } from '../schemas/named.ts'
import { Problem } from '../schemas/problem.ts'
import { preferenceOf } from './input.ts'
import { twin } from './twins.ts'

const EVENTS = `Server-sent events, as a browser's EventSource reads them:

- \`state\`: the job without its output, as lists show it, when it waits, runs, and is being stopped
- \`progress\`: its \`progress\`, whenever that has changed
- \`output\`: \`{ stream, offset, nextOffset, text }\`, whole lines with secrets masked
- \`end\`: the job in its last state; the stream ends with it

The \`id\` of an event is \`stdoutOffset.stderrOffset.seq\`: sent back as \`Last-Event-ID\`, nothing is lost and no output is told again. A comment comes every 15 seconds. A batch has states and no output: follow its jobs.`

/** Jobs: the seed's list and result, and each job as a resource of its own. */
export default async function historyRoutes (fastify: FastifyInstance): Promise<void> {
  twin(fastify, {
    verb: 'GET',
    url: '/history/list',
    input: HistoryQuery,
    config: { access: { path: 'history/list', scopes: ['read'] } },
    schema: {
      operationId: 'listJobs',
      tags: ['history'],
      summary: 'Jobs of this month, or of a past one, newest first',
      description: 'Those whose command the caller may call on their server. `past=202601` asks for January 2026; `nextCursor` leads to the next page.',
      response: { 200: named(HistoryPage) }
    },
    handler: (query, request) => fastify.history.page(request.caller, query)
  })

  twin(fastify, {
    verb: 'GET',
    url: '/history/result',
    input: TicketQuery,
    config: { access: { path: 'history/result', scopes: ['read'] } },
    schema: {
      operationId: 'getJobResult',
      tags: ['history'],
      summary: 'What became of a job, by ticket',
      description: 'The same as `/history/{ticket}`, where barmanapi 0.3 had it.',
      response: { 200: named(Job) }
    },
    handler: ({ ticket }, request) => fastify.history.job(request.caller, ticket)
  })

  const params = TicketQuery
  fastify.get<{ Params: { ticket: string }, Querystring: WaitQuery }>('/history/:ticket', {
    config: { access: { path: 'history/result', scopes: ['read'] } },
    schema: { operationId: 'getJob', tags: ['history'], summary: 'One job: state, output, result', description: 'Ask again until `ok` is no longer null. `state` is `succeeded` only if barman exited 0, and `unknown` where the truth cannot be known.', params, querystring: WaitQuery, response: { 200: named(Job), '4xx': named(Problem), '5xx': named(Problem) } }
  }, (request, reply) => {
    const { waitS } = preferenceOf(request)
    if (waitS !== null) reply.header('preference-applied', `wait=${waitS}`)
    return fastify.history.job(request.caller, request.params.ticket, (request.query.wait ?? waitS ?? 0) * 1000)
  })

  fastify.get<{ Params: { ticket: string }, Querystring: OutputQuery }>('/history/:ticket/output', {
    config: { access: { path: 'history/result', scopes: ['read'] } },
    schema: {
      operationId: 'getJobOutput',
      tags: ['history'],
      summary: 'What a job printed so far, page by page',
      description: 'Begin at 0 and go on at `nextOffset` until `isComplete`. A page ends with a line; while a job runs, a line that is still being written waits for its end.',
      params,
      querystring: OutputQuery,
      response: { 200: named(JobOutput), '4xx': named(Problem), '5xx': named(Problem) }
    }
  }, (request) => fastify.history.output(request.caller, request.params.ticket, request.query))

  fastify.get<{ Params: { ticket: string }, Querystring: EventsQuery, Headers: EventsHeaders }>('/history/:ticket/events', {
    config: { access: { path: 'history/result', scopes: ['read'] } },
    schema: {
      operationId: 'followJob',
      tags: ['history'],
      summary: 'A job live: its states, its output, its end',
      description: EVENTS,
      params,
      querystring: EventsQuery,
      headers: EventsHeaders,
      response: {
        200: { description: 'The events until the end of the job.', content: { 'text/event-stream': { schema: JobEvents } } },
        204: Type.Null({ description: 'The last event was the end: a browser stops asking.' }),
        '4xx': named(Problem),
        '5xx': named(Problem)
      }
    }
  }, async (request, reply) => {
    const id = request.headers['last-event-id'] ?? request.query.last_event_id
    const events = await fastify.history.events(request.caller, request.params.ticket, id)
    reply.header('cache-control', 'no-store')
    return events ? reply.type('text/event-stream').header('x-accel-buffering', 'no').send(events) : reply.code(204).send()
  })

  fastify.post<{ Params: { ticket: string } }>('/history/:ticket/cancel', {
    config: { access: { path: 'history/cancel', scopes: ['operate'] }, audit: 'job.cancel' },
    schema: {
      operationId: 'cancelJob',
      tags: ['history'],
      summary: 'Stop a job',
      description: 'SIGINT, then SIGTERM, then SIGKILL to the whole process group, ten seconds apart. Answers at once; follow the state.',
      params,
      response: { 202: named(Job), '4xx': named(Problem), '5xx': named(Problem) }
    }
  }, async (request, reply) => {
    reply.code(202).header('cache-control', 'no-store')
    return fastify.history.cancel(request.caller, request.params.ticket)
  })
}
