import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import basicAuth from '@fastify/basic-auth'
import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { AppError } from '../lib/errors.ts'
import { type Access, mayCall } from '../lib/users/access.ts'
import { EndedTokens } from '../lib/users/ended-tokens.ts'
import type { User } from '../lib/users/user.ts'

/** Who may call a route: anybody, who has the rights named, or whom the handler lets pass (`by-handler`: any user comes that far). */
export type RouteAccess = 'public' | 'by-handler' | Access

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route has one: a route without it does not register. */
    access?: RouteAccess
    /** What opens the route: a token (when absent), name and password, or either. */
    login?: 'basic' | 'either'
  }
  interface FastifyRequest {
    /** Who calls; absent on public routes alone. */
    caller: User
    /** The token that opened this request; null for a password. */
    token: string | null
    /** Throws `forbidden` unless the caller may do this. */
    allow (access: Access): void
  }
  interface FastifyInstance {
    /** A new token of the user, and when it ends (RFC 3339). */
    signToken (user: User): { token: string, expires_at: string }
    /** Ends the token of a request, and no other of its user. */
    endToken (token: string): Promise<void>
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT { payload: { sub: string, ver: number, jti?: string, iat?: number, exp?: number } }
}

/** Logs in by `Authorization: Bearer` (or `Barman`), `Basic`, or `?token=`, and decides on the matched route, never on the raw URL. */
export default fp(async (fastify: FastifyInstance) => {
  const { auth_token: { in_query: inQuery } } = fastify.settings
  const lifeS = () => fastify.settings.auth_token.token_life // may be shortened while we run

  const ended = new EndedTokens(join(fastify.folders.config, 'ended-tokens'))

  await fastify.register(jwt, {
    secret: fastify.secrets.signingKey,
    sign: { algorithm: 'HS256' },
    verify: { algorithms: ['HS256'] }
  })
  await fastify.register(basicAuth, {
    validate: async (name, password, request) => {
      request.caller = await login(name, password, request)
    }
  })

  fastify.decorate('signToken', (user) => ({
    token: fastify.jwt.sign({ sub: user.name, ver: user.ver, jti: randomUUID() }, { expiresIn: lifeS() }),
    expires_at: new Date(Date.now() + lifeS() * 1000).toISOString()
  }))
  fastify.decorate('endToken', async (token) => ended.add(token, (await verify(token)).exp ?? Infinity))
  fastify.decorateRequest('caller')
  fastify.decorateRequest('token', null)
  fastify.decorateRequest('allow', function (this: FastifyRequest, access: Access) {
    const decision = mayCall(this.caller, access)
    if (!decision.allowed) throw new AppError('forbidden', decision.because)
  })

  const routes: RouteOptions[] = []
  fastify.addHook('onRoute', (route) => { routes.push(route) })
  fastify.addHook('onReady', async () => {
    for (const { method, url, config } of routes) {
      if (config?.access === undefined) throw new Error(`${String(method)} ${url} does not say who may call it`)
    }
  })

  fastify.addHook('onRequest', async (request, reply) => {
    const { access, login } = request.routeOptions.config
    request.hasCredentials = request.headers.authorization !== undefined
    const credentials = findCredentials(request, inQuery)
    request.hasCredentials = credentials !== null
    if (access === 'public') return
    if (request.is404 || access === undefined) return // no route: nothing is there to be opened
    if (credentials?.kind === 'basic' && login) await checkPassword(request, reply)
    else if (credentials?.kind === 'token' && login !== 'basic') request.caller = await checkToken(request.token = credentials.token)
    else throw new AppError('unauthorized', login === 'basic' ? 'This route takes a user name and a password (Basic)' : 'This route takes a token: get one from /auth/token')
    if (access !== 'by-handler') request.allow(access)
  })

  async function login (name: string, password: string, request: FastifyRequest): Promise<User> {
    try {
      const user = await fastify.logins.authenticate(name, password, request.ip)
      if (!user) throw new AppError('unauthorized', 'User name or password is wrong')
      fastify.audit({ event: 'login', outcome: 'ok', user: name }, request)
      return user
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal'
      fastify.audit({ event: 'login', outcome: code === 'unauthorized' ? 'failed' : 'refused', user: name, details: { code } }, request)
      throw error
    }
  }

  function checkPassword (request: FastifyRequest, reply: FastifyReply): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      fastify.basicAuth(request, reply, (error) => error ? reject(error) : resolve())
    }).catch((error: unknown) => {
      throw error instanceof AppError ? error : new AppError('unauthorized', 'The Authorization header cannot be read', { cause: error })
    })
  }

  /** Rights come from the users file as it is now, never from the token: it names a user and the version of his password. */
  async function checkToken (token: string): Promise<User> {
    const claims = await verify(token)
    const user = fastify.users.get(claims.sub)
    if (!user || user.ver !== claims.ver || ended.has(token)) throw new AppError('unauthorized', 'The token is not valid any more')
    return user
  }

  async function verify (token: string): Promise<{ sub: string, ver: number, exp?: number }> {
    try {
      return fastify.jwt.verify(token)
    } catch (cause) {
      throw new AppError('unauthorized', 'The token is not valid or has ended', { cause })
    }
  }
}, { name: 'auth', dependencies: ['services', 'problems', 'audit'] })

type Credentials = { readonly kind: 'basic' } | { readonly kind: 'token', readonly token: string } | null

/** The one place that holds credentials; in two places, or twice, they are a 400. Takes `token` out of the query, so that no route sees it. */
function findCredentials (request: FastifyRequest, inQuery: boolean): Credentials {
  const query = request.query as Record<string, unknown> // what Fastify's parser made of it
  const fromQuery = query['token']
  delete query['token']
  const header = request.headers.authorization
  if (fromQuery !== undefined && !inQuery) throw new AppError('bad-request', 'Tokens in the query are switched off here', { errors: [{ pointer: '/token', detail: 'send Authorization: Bearer' }] })
  if (Array.isArray(fromQuery) || (fromQuery !== undefined && header !== undefined) || countAuthorization(request) > 1) {
    throw new AppError('bad-request', 'There is more than one token', { errors: [{ pointer: '/token', detail: 'give it once, in the header or in the query' }] })
  }
  if (fromQuery !== undefined) return { kind: 'token', token: String(fromQuery) }
  if (header === undefined) return null
  if (/^basic /i.test(header)) return { kind: 'basic' }
  const token = /^(?:bearer|barman) +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header)?.[1]
  if (token === undefined) throw new AppError('unauthorized', 'The Authorization header cannot be read')
  return { kind: 'token', token }
}

/** Node joins or drops repeated headers; the raw ones tell. */
function countAuthorization (request: FastifyRequest): number {
  return request.raw.rawHeaders.filter((word, index) => index % 2 === 0 && word.toLowerCase() === 'authorization').length
}
