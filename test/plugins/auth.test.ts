import { createHmac } from 'node:crypto'
import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'
import { exchange } from '../support/sockets.ts'

const { app, boss, user, folder } = await buildApp(t)
const NOW = Math.floor(Date.now() / 1000)
const claims = { sub: 'boss', ver: app.users.get('boss')?.ver, iat: NOW, exp: NOW + 60 }
const key = app.secrets.signingKey
const forge = (payload: object, secret = key, header: object = { alg: 'HS256', typ: 'JWT' }) => {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

t.test('a token opens a route in the header, as Bearer or as Barman, and in the query', async (t) => {
  for (const method of ['GET', 'POST'] as const) {
    for (const scheme of ['Bearer', 'bearer', 'Barman', 'BARMAN']) {
      const reply = await app.inject({ method, url: '/auth/user', headers: { authorization: `${scheme} ${boss.token}` } })
      t.equal(reply.statusCode, 200, `${method} ${scheme}`)
    }
    t.equal((await app.inject({ method, url: `/auth/user?token=${boss.token}` })).statusCode, 200, `${method} ?token=`)
  }
  t.equal((await app.inject({ url: '/auth/user', headers: { authorization: `Bearer ${forge(claims)}` } })).statusCode, 200, 'forged with the right key: what follows is refused for its claims alone')
})

t.test('more than one token is a 400', async (t) => {
  const { token } = boss
  for (const reply of [
    await app.inject({ url: `/auth/user?token=${token}&token=${token}` }),
    await boss.get(`/auth/user?token=${token}`),
    await boss.post(`/auth/user?token=${token}`)
  ]) t.match(problemIn(t, reply, 400, 'bad-request').errors, [{ pointer: '/token' }])
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { status, json } = await exchange(app, `GET /auth/user HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`)
  t.match({ status, json }, { status: 400, json: { code: 'bad-request', errors: [{ pointer: '/token' }] } }, 'the header twice')
})

t.test('a token that cannot be trusted is a 401', async (t) => {
  const { sub, ver = 0, ...times } = claims
  const unsigned = forge(claims, key, { alg: 'none', typ: 'JWT' }).split('.').slice(0, 2).join('.')
  const bad: Readonly<Record<string, string>> = {
    expired: forge({ ...claims, iat: NOW - 60, exp: NOW - 1 }),
    'of another service': forge(claims, 'another key of another service, as long'),
    'with alg none, unsigned': `${unsigned}.`,
    'with alg none, signed': forge(claims, key, { alg: 'none', typ: 'JWT' }),
    'with another algorithm': forge(claims, key, { alg: 'HS512', typ: 'JWT' }),
    'of an earlier password': forge({ ...claims, ver: ver - 1 }),
    'without a version': forge({ sub, ...times }),
    'of nobody': forge({ ...claims, sub: 'nobody' }),
    'of a prototype': forge({ ...claims, sub: '__proto__' }),
    'with a name of another type': forge({ ...claims, sub: { toString: 'boss' } }),
    changed: `${boss.token.slice(0, -2)}${boss.token.endsWith('AA') ? 'BB' : 'AA'}`,
    torn: boss.token.slice(0, 20),
    blank: ''
  }
  for (const [name, token] of Object.entries(bad)) {
    for (const reply of [
      await app.inject({ url: '/auth/user', headers: { authorization: `Bearer ${token}` } }),
      await app.inject({ url: `/auth/user?token=${encodeURIComponent(token)}` })
    ]) t.match([name, problemIn(t, reply, 401, 'unauthorized').code, reply.headers['www-authenticate']], [name, 'unauthorized', /Bearer/])
  }
})

t.test('without credentials, or with a password where a token is wanted, it is a 401', async (t) => {
  const password = `Basic ${Buffer.from('boss:password of boss').toString('base64')}`
  problemIn(t, await app.inject({ url: '/barman/help' }), 401, 'unauthorized')
  problemIn(t, await app.inject({ url: '/barman/help', headers: { authorization: password } }), 401, 'unauthorized')
  t.equal((await app.inject({ url: '/auth/user/list', headers: { authorization: password } })).statusCode, 200, 'users are managed by password too')
})

t.test('rights are those of the users file as it is now', async (t) => {
  const changing = await user('changing', ['read'])
  t.equal((await changing.get('/barman/list-servers')).statusCode, 200)
  await app.users.change('changing', { scopes: ['operate'] }, { local: true })
  problemIn(t, await changing.get('/barman/list-servers'), 403, 'forbidden')
  await app.users.revoke('changing')
  problemIn(t, await changing.get('/auth/user'), 401, 'unauthorized')
})

t.test('the switch closes the query', async (t) => {
  const closed = await buildApp(t, { folder, config: '[auth_token]\nin_query = false' })
  t.match(problemIn(t, await closed.app.inject({ url: `/auth/user?token=${closed.boss.token}` }), 400, 'bad-request').errors, [{ pointer: '/token' }])
  t.equal((await closed.boss.get('/auth/user')).statusCode, 200)
})
