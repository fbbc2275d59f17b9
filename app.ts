import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './lib/config/schema.ts'
import type { Secrets, StoreFolders } from './lib/config/store.ts'
import audit from './plugins/audit.ts'
import auth from './plugins/auth.ts'
import barman from './plugins/barman.ts'
import bodies from './plugins/bodies.ts'
import configEdits from './plugins/config-edits.ts'
import hosts from './plugins/hosts.ts'
import jobs from './plugins/jobs.ts'
import openapi from './plugins/openapi.ts'
import schemas from './plugins/schemas.ts'
import problems, { refuseBytes, sendProblem } from './plugins/problems.ts'
import { RequestLog } from './plugins/request-log.ts'
import services from './plugins/services.ts'
import validation from './plugins/validation.ts'
import webhooks from './plugins/webhooks.ts'
import auditRoutes from './routes/audit.ts'
import authRoutes from './routes/auth.ts'
import barmanRoutes from './routes/barman.ts'
import configChangeRoutes from './routes/config-change.ts'
import configRoutes from './routes/config.ts'
import docsRoutes from './routes/docs.ts'
import healthRoutes from './routes/health.ts'
import historyRoutes from './routes/history.ts'
import userRoutes from './routes/users.ts'

export interface AppOptions {
  readonly config: Config
  readonly folders: StoreFolders
  readonly secrets: Secrets
  readonly log: Logger
  /** The environment that barman processes inherit, cleaned. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The whole service, the same for production and tests: what it lends first, then what it serves. */
export async function build (options: AppOptions): Promise<FastifyInstance> {
  const { config, log } = options
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new RequestLog(),
    genReqId: () => crypto.randomUUID(),
    frameworkErrors: sendProblem,
    clientErrorHandler: refuseBytes,
    trustProxy: config.application.trusted_proxies.length > 0 ? [...config.application.trusted_proxies] : false,
    exposeHeadRoutes: false,
    bodyLimit: 1024 * 1024,
    pluginTimeout: 0, // the first discovery alone may take longer than avvio's ten seconds on a busy machine
    requestTimeout: 300_000,
    http: { requireHostHeader: false }, // Node would answer for us, and not with a problem
    routerOptions: { maxParamLength: 255, ignoreTrailingSlash: false, caseSensitive: true }
  })

  await app.register(schemas)
  await app.register(problems)
  await app.register(validation)
  await app.register(bodies)
  await app.register(services, options)
  await app.register(audit)
  await app.register(openapi)
  await app.register(auth)
  await app.register(hosts, options)
  await app.register(webhooks)
  await app.register(jobs)
  await app.register(barman)
  await app.register(configEdits, options)

  await app.register(docsRoutes)
  await app.register(healthRoutes)
  await app.register(authRoutes)
  await app.register(userRoutes)
  await app.register(auditRoutes)
  await app.register(barmanRoutes)
  await app.register(configRoutes)
  await app.register(configChangeRoutes)
  await app.register(historyRoutes)
  await app.ready()
  return app
}
