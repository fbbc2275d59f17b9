import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'

const { app, boss, user, log } = await buildApp(t)
const reader = await user('reader', ['read'], { access: ['barman', 'auth'], servers: ['main'] })

t.test('a user sees himself, by GET and by POST', async (t) => {
  const himself = { username: 'reader', access: ['barman', 'auth'], deny: [], scopes: ['read'], servers: ['main'] }
  t.same((await reader.get('/auth/user')).json(), himself)
  t.same((await reader.post('/auth/user')).json(), himself)
  t.same((await app.inject({ method: 'POST', url: '/auth/user', headers: { authorization: `Bearer ${reader.token}` } })).json(), himself, 'with no body at all')
})

t.test('the list needs the scope users and never shows a hash', async (t) => {
  problemIn(t, await reader.get('/auth/user/list'), 403, 'forbidden')
  const reply = await boss.post('/auth/user/list')
  t.match(reply.json(), [{ username: 'boss' }, { username: 'reader' }])
  t.notMatch(reply.body, 'scrypt')
})

t.test('users are added by POST and by GET, with lists as JSON or as Python prints them', async (t) => {
  const added = await boss.post('/auth/user/add', { username: 'ann', password: 'a long password', scopes: ['read'], deny: "['barman/delete', 'auth']" })
  t.match(added, { statusCode: 200, headers: { 'cache-control': 'no-store' } })
  t.same(added.json(), { username: 'ann', access: [], deny: ['barman/delete', 'auth'], scopes: ['read'], servers: null })
  const query = new URLSearchParams({ username: 'bob', password: 'a long password', access: "['barman']", scopes: '["read"]' })
  t.same((await boss.get(`/auth/user/add?${query}`)).json(), { username: 'bob', access: ['barman'], deny: [], scopes: ['read'], servers: null })
  problemIn(t, await boss.post('/auth/user/add', { username: 'ann', password: 'a long password' }), 409, 'user-exists')
})

t.test('what is wrong with a new user is told by its place', async (t) => {
  const good = { username: 'new', password: 'a long password' }
  const cases: ReadonlyArray<readonly [body: object, pointer: string]> = [
    [{ username: 'new' }, '/password'],
    [{ ...good, username: '../etc' }, '/username'],
    [{ ...good, username: '__proto__' }, '/username'],
    [{ ...good, username: 7 }, '/username'],
    [{ ...good, password: 'short' }, '/password'],
    [{ ...good, password: 'a long pass\nword' }, '/password'],
    [{ ...good, scopes: ['root'] }, '/scopes'],
    [{ ...good, access: "['unclosed" }, '/access'],
    [{ ...good, colour: 'red' }, '/colour']
  ]
  for (const [body, pointer] of cases) {
    const reply = await boss.post('/auth/user/add', body)
    t.equal(reply.statusCode, 400, JSON.stringify(body))
    const { errors = [] } = reply.json<{ errors?: Array<{ pointer: string }> }>()
    t.ok(errors.some((error) => error.pointer.startsWith(pointer)), `${pointer}: ${reply.body}`)
  }
  t.equal(app.users.get('new'), undefined)
})

t.test('nobody grants what he lacks, and exec comes from the local file alone', async (t) => {
  const clerk = await user('clerk', ['read', 'users'])
  problemIn(t, await clerk.post('/auth/user/add', { username: 'x', password: 'a long password', scopes: ['destroy'] }), 403, 'forbidden')
  problemIn(t, await boss.post('/auth/user/add', { username: 'x', password: 'a long password', scopes: ['exec'] }), 403, 'forbidden')
  problemIn(t, await clerk.post('/auth/user/change', { username: 'boss', password: 'a long password' }), 403, 'forbidden')
  problemIn(t, await reader.post('/auth/user/change', { username: 'reader', scopes: ['read', 'destroy'] }), 403, 'forbidden')
  t.match(app.users.get('reader'), { scopes: ['read'] })
})

t.test('a new password ends the tokens of its user', async (t) => {
  t.equal((await reader.get('/auth/user')).statusCode, 200)
  t.equal((await reader.post('/auth/user/change', { username: 'reader', password: 'another password' })).statusCode, 200)
  problemIn(t, await reader.get('/auth/user'), 401, 'unauthorized')
  problemIn(t, await boss.post('/auth/user/change', { username: 'nobody', password: 'another password' }), 404, 'unknown-user')
})

t.test('no page changes a user by a link', async (t) => {
  const url = '/auth/user/change?username=ann&access=[]'
  const host = 'backup.example:1935'
  for (const headers of [{ referer: 'https://evil.example/' }, { referer: `https://${host}.evil.example/` }, { referer: 'no url' }, { accept: 'text/html,*/*' }]) {
    problemIn(t, await boss.get(url, { host, ...headers }), 403, 'forbidden')
  }
  t.equal((await boss.get(url, { host, referer: `https://${host}/docs` })).statusCode, 200, 'its own page may')
  t.equal((await boss.post('/auth/user/change', { username: 'ann', access: [] }, { host, referer: 'https://evil.example/' })).statusCode, 200, 'POST takes JSON only, which no form sends')
})

t.test('no password is logged', async (t) => {
  t.notMatch(JSON.stringify(log), /a long password|another password/)
})
