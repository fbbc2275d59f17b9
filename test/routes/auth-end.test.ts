import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EndedTokens } from '../../lib/users/ended-tokens.ts'
import { buildApp, problemIn } from '../support/app.ts'

const rights = { clerk: { scopes: ['read', 'users'] }, reader: { scopes: ['read'] }, strong: { scopes: ['read', 'destroy'] }, gone: { scopes: ['read'] } } as const
const first = await buildApp(t, { users: rights })
const { app, folder, boss, user } = first

t.test('a token that was logged out is over, and no other of its user; also after a restart', async (t) => {
  const [one, other] = [await user('reader'), await user('reader')]
  t.not(one.token, other.token)
  t.match(await one.post('/auth/logout'), { statusCode: 200, headers: { 'cache-control': 'no-store' } })
  problemIn(t, await one.get('/auth/user'), 401, 'unauthorized')
  problemIn(t, await one.post('/auth/logout'), 401, 'unauthorized')
  t.equal((await other.get('/auth/user')).statusCode, 200)
  const text = readFileSync(join(folder, 'store', 'config', 'ended-tokens'), 'utf8')
  t.notMatch(text, one.token.split('.')[1] ?? '')
  t.equal(statSync(join(folder, 'store', 'config', 'ended-tokens')).mode & 0o777, 0o600)
  const later = await buildApp(t, { folder })
  const again = (token: string) => later.app.inject({ url: '/auth/user', headers: { authorization: `Bearer ${token}` } })
  problemIn(t, await again(one.token), 401, 'unauthorized')
  t.equal((await again(other.token)).statusCode, 200)
})

t.test('another spelling of the signature does not bring it back', async (t) => {
  const one = await user('reader')
  const last = one.token.at(-1) ?? ''
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const twins = [1, 2, 3].map((bits) => one.token.slice(0, -1) + (alphabet[alphabet.indexOf(last) ^ bits] ?? ''))
  await one.post('/auth/logout')
  for (const token of twins) problemIn(t, await app.inject({ url: '/auth/user', headers: { authorization: `Bearer ${token}` } }), 401, 'unauthorized')
})

t.test('what has ended by itself is forgotten; a damaged file keeps the service from starting', async (t) => {
  const path = join(t.testdir(), 'ended')
  const ended = new EndedTokens(path)
  await ended.add('a.old.x', Math.floor(Date.now() / 1000) - 1)
  await Promise.all([1, 2, 3].map((n) => ended.add(`a.${n}.x`, Math.floor(Date.now() / 1000) + 60)))
  t.equal(readFileSync(path, 'utf8').trim().split('\n').length, 3)
  t.strictSame(['a.old.x', 'a.1.x', 'a.3.y', 'a.4.x'].map((token) => new EndedTokens(path).has(token)), [false, true, true, false])
  writeFileSync(path, 'half a li')
  chmodSync(path, 0o600)
  t.throws(() => new EndedTokens(path), { name: 'StartError', message: /is damaged/ })
})

t.test('all tokens of a user end by revoke: the own, or those of whom one may edit', async (t) => {
  const [reader, clerk, strong] = [await user('reader'), await user('clerk'), await user('strong')]
  problemIn(t, await reader.post('/auth/user/clerk/revoke'), 403, 'forbidden')
  problemIn(t, await clerk.post('/auth/user/strong/revoke'), 403, 'forbidden')
  problemIn(t, await clerk.post('/auth/user/boss/revoke'), 403, 'forbidden')
  problemIn(t, await boss.post('/auth/user/nobody/revoke'), 404, 'unknown-user')
  t.equal((await strong.get('/auth/user')).statusCode, 200)
  t.match(await clerk.post('/auth/user/reader/revoke'), { statusCode: 200, headers: { 'cache-control': 'no-store' } })
  problemIn(t, await reader.get('/auth/user'), 401, 'unauthorized')
  t.equal((await strong.post('/auth/user/strong/revoke')).statusCode, 200)
  problemIn(t, await strong.get('/auth/user'), 401, 'unauthorized')
})

t.test('a user is removed by whom may edit him, and his tokens with him, also when his name comes back', async (t) => {
  const [gone, clerk, reader] = [await user('gone'), await user('clerk'), await user('reader')]
  const remove = (caller: typeof gone, name: string) => caller.send({ method: 'DELETE', url: `/auth/user/${name}` })
  problemIn(t, await remove(reader, 'gone'), 403, 'forbidden')
  problemIn(t, await remove(clerk, 'boss'), 403, 'forbidden')
  problemIn(t, await remove(clerk, 'strong'), 403, 'forbidden')
  problemIn(t, await remove(clerk, 'list'), 404, 'unknown-user')
  problemIn(t, await remove(clerk, '..%2fx'), 400, 'bad-request')
  t.equal((await remove(clerk, 'gone')).statusCode, 200)
  problemIn(t, await gone.get('/auth/user'), 401, 'unauthorized')
  await app.users.add({ name: 'gone', password: 'a long password' })
  problemIn(t, await gone.get('/auth/user'), 401, 'unauthorized')
})
