import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'

const { app, boss, user, log } = await buildApp(t, { config: '[auth_token]\ntoken_life = 300' })
await user('reader', ['read'], { deny: ['auth/token'] })

t.test('a name and a password become a token, by GET and by POST', async (t) => {
  for (const method of ['GET', 'POST'] as const) {
    const reply = await ask(method, basic('boss', 'password of boss'))
    t.match(reply, { statusCode: 200, headers: { 'cache-control': 'no-store', 'content-type': /^application\/json/ } })
    const { token, expires_at: end } = reply.json<{ token: string, expires_at: string }>()
    t.ok(Math.abs(Date.parse(end) - Date.now() - 300_000) < 10_000, `it is good for token_life: ${end}`)
    const named = await app.inject({ url: '/auth/user', headers: { authorization: `Bearer ${token}` } })
    t.match(named.json(), { username: 'boss' })
  }
})

t.test('a wrong password and an unknown user get the same answer', async (t) => {
  const [wrong, unknown] = [await ask('GET', basic('boss', 'wrong')), await ask('GET', basic('nobody', 'password of boss'))]
  const { requestId: _, ...one } = problemIn(t, wrong, 401, 'unauthorized')
  const { requestId: __, ...other } = problemIn(t, unknown, 401, 'unauthorized')
  t.same(one, other)
  t.match(wrong.headers, { 'www-authenticate': /^Basic / })
})

t.test('only Basic opens it, and only where it can be read', async (t) => {
  for (const authorization of [undefined, `Bearer ${boss.token}`, 'Basic', 'Basic !', `Basic ${Buffer.from('boss').toString('base64')}`, 'Digest x']) {
    problemIn(t, await ask('GET', authorization), 401, 'unauthorized')
  }
  problemIn(t, await app.inject({ url: `/auth/token?token=${boss.token}` }), 401, 'unauthorized')
})

t.test('who is denied tokens gets none', async (t) => {
  problemIn(t, await ask('GET', basic('reader', 'password of reader')), 403, 'forbidden')
})

t.test('it takes no parameters', async (t) => {
  const authorization = basic('boss', 'password of boss')
  problemIn(t, await app.inject({ url: '/auth/token?username=boss', headers: { authorization } }), 400, 'unknown-parameter')
  problemIn(t, await app.inject({ method: 'POST', url: '/auth/token', headers: { authorization }, payload: { username: 'boss' } }), 400, 'unknown-parameter')
})

t.test('neither password nor token is logged', async (t) => {
  const text = JSON.stringify(log)
  t.notMatch(text, 'password of boss')
  t.notMatch(text, Buffer.from('boss:password of boss').toString('base64'))
  t.notMatch(text, boss.token)
})

function basic (name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

function ask (method: 'GET' | 'POST', authorization?: string): Promise<LightMyRequestResponse> {
  return app.inject({ method, url: '/auth/token', headers: authorization === undefined ? {} : { authorization } })
}
