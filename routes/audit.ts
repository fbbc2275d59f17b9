import type { FastifyInstance } from 'fastify'
import { AuditPage, AuditQuery } from '../schemas/audit.ts'
import { named } from '../schemas/named.ts'
import { Problem } from '../schemas/problem.ts'

/** The audit log, for those who look after users. */
export default async function auditRoutes (fastify: FastifyInstance): Promise<void> {
  fastify.get<{ Querystring: AuditQuery }>('/audit', {
    config: { access: { path: 'audit', scopes: ['users'] } },
    schema: {
      operationId: 'listAudit',
      tags: ['audit'],
      summary: 'Who did what, from where, with which outcome',
      description: 'Logins, refusals, changes and jobs, newest first. Without jobs on servers that the caller may not see.',
      querystring: AuditQuery,
      response: { 200: named(AuditPage), '4xx': named(Problem), '5xx': named(Problem) }
    }
  }, (request, reply) => {
    reply.header('cache-control', 'no-store')
    return fastify.auditPage(request.caller, request.query)
  })
}
