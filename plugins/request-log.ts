import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'

/** One line a request, when it is done; never its query, which may hold a token. */
export class RequestLog extends LogController {
  constructor () {
    super({ requestIdLogLabel: 'requestId' })
  }

  override incomingRequest (): void {}

  override requestCompleted (error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    const { method, url, ip, caller } = request
    const line = { method, path: url.split('?', 1)[0], status: reply.statusCode, user: caller?.name, remoteAddress: ip, durationMs: Math.round(reply.elapsedTime) }
    if (error) request.log.error({ ...line, err: error }, 'request broke off')
    else request.log.info(line, 'request done')
  }
}
