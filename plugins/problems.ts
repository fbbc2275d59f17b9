import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { AppError, type ErrorCode, type InputFault } from '../lib/errors.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { redact } from '../lib/barman/redact.ts'

/** Fastify's own refusals, in our words; what is not listed and not a 4xx is ours to mend. */
const FRAMEWORK: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload-too-large', 'The body is larger than this route takes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'This route takes application/json'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['bad-request', 'The body is not valid JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad-request', 'The body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: ['bad-request', 'The path is not a valid URL'],
  FST_ERR_MAX_PARAM_LENGTH: ['bad-request', 'A part of the path is too long']
}

const MAX_FAULTS = 100 // of one input, as many as the commands' own reader tells

/** The problem document of an error; its detail never holds a secret, a stack, or the URL. */
export function problemOf (error: unknown, requestId: string): { status: number, body: Record<string, unknown>, retryAfterS?: number } {
  const known = error instanceof AppError ? error : translate(error as FastifyError) // Fastify hands over whatever was thrown
  const { status, title } = PROBLEMS[known.code]
  const { errors, extra, retryAfterS } = known.extras
  return {
    status: typeof extra?.['status'] === 'number' ? extra['status'] : status,
    body: { type: 'about:blank', title, status, detail: redact(known.message), code: known.code, requestId, ...(errors ? { errors } : {}), ...extra, ...linkTo(extra?.['ticket']) },
    ...(retryAfterS === undefined ? {} : { retryAfterS })
  }
}

/** The way to the job that a problem is about. */
function linkTo (ticket: unknown): { job?: string } {
  return typeof ticket === 'string' ? { job: `/history/${ticket}` } : {}
}

function translate (error: FastifyError): AppError {
  if (error.validation) {
    const code = error.validation.some(({ params }) => 'additionalProperty' in params) ? 'unknown-parameter' : 'bad-request'
    return new AppError(code, 'The input is not valid', { errors: error.validation.slice(0, MAX_FAULTS).map(faultOf) })
  }
  const [code, detail] = FRAMEWORK[error.code] ?? []
  if (code && detail) return new AppError(code, detail)
  const isCallers = typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
  return isCallers ? new AppError('bad-request', 'The request cannot be read') : new AppError('internal', 'Something went wrong here; the log has it under requestId', { cause: error })
}

/** What is missing or unknown has its place below the object that Ajv points at. */
function faultOf ({ instancePath, message = 'is not valid', params }: NonNullable<FastifyError['validation']>[number]): InputFault {
  const member = params['additionalProperty'] ?? params['missingProperty']
  if (member === undefined) return { pointer: instancePath, detail: message }
  const step = String(member).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')
  return { pointer: `${instancePath}/${step}`, detail: 'missingProperty' in params ? 'is required' : 'is no parameter here' }
}

/** Everything that fails, 404 and 415 included, is `application/problem+json`. @see https://www.rfc-editor.org/rfc/rfc9457 */
export default fp(async (fastify: FastifyInstance) => {
  fastify.setErrorHandler((error, request, reply) => {
    sendProblem(error, request, reply)
  })
  fastify.addHook('onRequest', async ({ headers, raw }) => {
    if (headers.host === undefined && raw.httpVersion === '1.1') throw new AppError('bad-request', 'The header Host is missing')
  })
  fastify.setNotFoundHandler((request, reply) => {
    sendProblem(request.method === 'GET' || request.method === 'POST'
      ? new AppError('not-found', 'There is no such route')
      : new AppError('method-not-allowed', `${request.method} is not a method of this service here`), request, reply)
  })
}, { name: 'problems' })

/** What is no HTTP is refused in its own words, and the connection closed. */
export function refuseBytes (error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const [status, code, detail] = BYTES[error.code ?? ''] ?? [400, 'bad-request', 'This is no HTTP request']
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail, code, requestId: crypto.randomUUID() })
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}

const BYTES: Readonly<Record<string, readonly [number, ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'bad-request', 'The headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'bad-request', 'The request did not arrive in time']
}

/** Answers with the problem of an error. */
export function sendProblem (error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body, retryAfterS } = problemOf(error, request.id)
  request.problem = body['code'] as ErrorCode // it has one
  if (status >= 500) request.log.error({ err: error instanceof AppError ? error.cause : error, code: body['code'], detail: body['detail'] }, 'request failed')
  else request.log.info({ code: body['code'], detail: body['detail'] }, 'request refused')
  if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS)
  if (status === 405) reply.header('allow', 'GET, POST')
  if (status === 401) reply.header('www-authenticate', request.routeOptions?.config?.login === 'basic' ? 'Basic realm="barmanapi", charset="UTF-8"' : 'Bearer realm="barmanapi", Basic realm="barmanapi", charset="UTF-8"')
  reply.code(status).type('application/problem+json').send(JSON.stringify(body))
}
