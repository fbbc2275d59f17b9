import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'

const { app, user } = await buildApp(t, { config: '[application]\ntrusted_proxies = 127.0.0.1', users: { ann: {}, eve: {} } })

t.test('guessing is refused with 429 and the time to wait, alike for users that there are not', async (t) => {
  for (const name of ['ann', 'nobody']) {
    const from = name === 'ann' ? '198.51.100.1' : '198.51.100.2'
    for (let n = 0; n < 3; n++) problemIn(t, await login(name, 'wrong', from), 401, 'unauthorized')
    const refused = await login(name, 'wrong', from)
    problemIn(t, refused, 429, 'too-many-attempts')
    t.equal(refused.headers['retry-after'], '1')
    problemIn(t, await login(name, `password of ${name}`, from, '/auth/user/list'), 429, 'too-many-attempts')
  }
  t.equal((await login('ann', 'password of ann', '203.0.113.9')).statusCode, 200, 'the user himself comes in from elsewhere')
  t.equal((await login('eve', 'password of eve', '198.51.100.1')).statusCode, 200, 'and others from there')
})

t.test('the own current password is no way to guess', async (t) => {
  const eve = await user('eve')
  const change = () => eve.post('/auth/user/change', { username: 'eve', password: 'a long password', current_password: 'wrong' }, { 'x-forwarded-for': '198.51.100.4' })
  for (let n = 0; n < 3; n++) problemIn(t, await change(), 403, 'forbidden')
  problemIn(t, await change(), 429, 'too-many-attempts')
})

function login (name: string, password: string, from: string, url = '/auth/token') {
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  return app.inject({ url, headers: { authorization, 'x-forwarded-for': from } })
}
