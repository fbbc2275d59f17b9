import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'

const folder = t.testdir({})
const configFile = join(folder, 'barman.conf')
writeFileSync(configFile, '[barman]\nbarman_home = /srv/barman\n\n[main]\ndescription = Main\nconninfo = host=db user=barman password=hush\n\n[pg-1]\ndescription = One\n')
const { boss, user, barman } = await buildApp(t, { folder, config: '[auth_token]\nsecret = a-signing-key-that-nobody-may-see\n[user]\nsecret = a-pepper-that-nobody-may-see' })

t.test('barman settings are those that barman tells, secrets masked', async (t) => {
  barman.act('diagnose', 'printf \'{"global": {"config": {"barman_home": "/srv/barman"}}, "servers": {"main": {"config": {"conninfo": "host=db password=hush", "description": "Main"}}}}\'; exit 0')
  for (const reply of [await boss.get('/config/barman'), await boss.post('/config/barman')]) {
    t.equal(reply.statusCode, 200)
    t.match(reply.json(), { host: 'default', basis: 'barman', faults: [] })
    t.match(reply.json<{ sections: unknown[] }>().sections.find((section) => (section as { section: string }).section === 'main'), { kind: 'server', settings: { conninfo: { value: 'host=db password=*REDACTED*' } } })
    t.notMatch(reply.body, 'hush')
  }
  t.ok(barman.argvs().filter((words) => words.includes('diagnose')).every((words) => !words.includes('--format=json')), 'diagnose prints JSON by itself')
})

t.test('where barman cannot tell, the files are read', async (t) => {
  barman.act('diagnose', 'exit 1')
  const reply = await boss.get('/config/barman')
  t.match(reply, { statusCode: 200 })
  t.match(reply.json(), { basis: 'files' })
  t.notMatch(reply.body, 'hush')
})

t.test('parameters are named even where there is no manual', async (t) => {
  barman.act('diagnose', 'printf \'{"global": {}, "servers": {"main": {"config": {"archiver": true}}}}\'; exit 0')
  const reply = await boss.get('/config/barman/help')
  t.equal(reply.statusCode, 200)
  t.ok(reply.json<Array<{ name: string }>>().some(({ name }) => name === 'archiver'))
})

t.test('our own configuration needs the scope config and shows no secret', async (t) => {
  const reader = await user('reader', ['read'], { servers: ['main'] })
  problemIn(t, await reader.get('/config/barmanapi'), 403, 'forbidden')
  for (const reply of [await boss.get('/config/barmanapi'), await boss.post('/config/barmanapi')]) {
    t.match(reply.json(), { sections: { auth_token: { secret: { value: null, isSecret: true }, token_life: { value: 6000, unit: 's' } }, application: { port: { value: 0 } } } })
    t.notMatch(reply.body, 'nobody-may-see')
  }
  const limited = await reader.get('/config/barman')
  t.equal(limited.statusCode, 200)
  t.notMatch(limited.json<{ sections: unknown[] }>().sections, [{ section: 'pg-1' }], 'a server that he may not see')
})

t.test('they take no parameters', async (t) => {
  for (const url of ['/config/barman', '/config/barman/help', '/config/barmanapi']) {
    t.match(problemIn(t, await boss.get(`${url}?section=main`), 400, 'unknown-parameter').errors, [{ pointer: '/section' }])
    t.match(problemIn(t, await boss.post(url, { section: 'main' }), 400, 'unknown-parameter').errors, [{ pointer: '/section' }])
  }
})
