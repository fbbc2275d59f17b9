import { join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type AuditEvent, AuditLog } from '../lib/audit/audit-log.ts'
import type { ErrorCode } from '../lib/errors.ts'
import { maySee } from '../lib/users/access.ts'
import { Recent } from '../lib/users/recent.ts'
import type { User } from '../lib/users/user.ts'
import type { AuditEntry, AuditPage, AuditQuery } from '../schemas/audit.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route changes something: each call is a line of that event, with its input. */
    audit?: string
  }
  interface FastifyRequest {
    /** The code of the problem that it was answered with. */
    problem: ErrorCode | null
    /** It brought a name and a password, or a token. */
    hasCredentials: boolean
    /** Its failure stands in the audit log already. */
    isAudited: boolean
  }
  interface FastifyInstance {
    /** Appends to the audit log; who and from where are the request's, unless the event says so itself. */
    audit (event: AuditEvent, request?: FastifyRequest): void
    /** A page of the audit log, without jobs on servers that the reader may not see, and changes of configuration where he may not see every server. */
    auditPage (reader: User, query: AuditQuery): Promise<AuditPage>
  }
}

const REQUESTS = 10_000 // whose addresses are remembered, for the jobs that they make

/** Writes down logins, refusals, changes and jobs. */
export default fp(async (fastify: FastifyInstance) => {
  const { backup_count: backups, max_bytes: maxBytes } = fastify.settings.audit
  const onError = (err: unknown, line: string) => fastify.log.error({ err, line: line.trimEnd() }, 'audit log cannot be written')
  const log = new AuditLog({ file: join(fastify.folders.logs, 'audit.log'), maxBytes, backups, onError })
  const addresses = new Recent<string>(REQUESTS)

  fastify.decorateRequest('problem', null)
  fastify.decorateRequest('hasCredentials', false)
  fastify.decorateRequest('isAudited', false)
  fastify.decorate('audit', (event, request) => {
    const requestId = event.requestId ?? request?.id ?? null
    log.write({ user: request?.caller?.name ?? null, address: addresses.get(requestId ?? '') ?? null, ...event, requestId })
    if (request && event.outcome !== 'ok') request.isAudited = true
  })
  fastify.decorate('auditPage', (reader, query) => log.page(query, (entry) => isVisible(reader, entry)))

  fastify.addHook('onRequest', async ({ id, ip }) => addresses.set(id, ip))
  fastify.addHook('onSend', async (request, reply) => {
    const event = eventOf(request, reply)
    if (event) fastify.audit(event, request)
  })
}, { name: 'audit', dependencies: ['services'] })

function isVisible (reader: User, { event, details: { servers } }: AuditEntry): boolean {
  if (event.startsWith('config.')) return reader.servers === null
  return !Array.isArray(servers) || servers.every((server) => maySee(reader, String(server)))
}

/** Before the reply leaves, so that nothing was done that nobody wrote down. */
function eventOf (request: FastifyRequest, { statusCode }: FastifyReply): AuditEvent | null {
  const { method, problem: code, isAudited, hasCredentials } = request
  const { config: { audit: event }, url: route = null } = request.routeOptions
  const isRefused = statusCode === 401 || statusCode === 403 || statusCode === 429
  if (isAudited || (statusCode === 401 && !hasCredentials)) return null // a stranger who brought nothing was told where to log in
  if (isRefused) return { event: 'refusal', outcome: 'refused', details: { method, route, code, ...targetOf(request) } }
  if (event === undefined) return null
  return statusCode < 400 ? { event, outcome: 'ok', details: inputOf(request) } : { event, outcome: 'failed', details: { code, ...targetOf(request) } }
}

/** All that was asked for: the input was valid. */
function inputOf ({ method, params, query, body }: FastifyRequest): AuditEvent['details'] & object {
  return { ...params as object, ...(method === 'GET' ? query : body) as object } // objects, or nothing
}

/** What may not have been valid: the path alone. */
function targetOf ({ params }: FastifyRequest): object {
  const entries = Object.entries(params as object).map(([name, value]) => [name, String(value).slice(0, 255)])
  return entries.length === 0 ? {} : { params: Object.fromEntries(entries) }
}
