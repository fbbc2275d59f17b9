import t from 'tap'
import { install } from '../support/stand-in.ts'
import { buildApp, problemIn } from '../support/app.ts'

interface Help { readonly barmanVersion: string, readonly commands: ReadonlyArray<{ readonly command: string }> }

t.test('the catalogue is read from help at the first start, and from the cache at the next', async (t) => {
  const first = await buildApp(t, { discover: true, version: '3.13.3' })
  t.match((await first.boss.get('/barman/help')).json<Help>(), { barmanVersion: '3.13.3' })
  t.match(first.log.find(({ msg }) => msg === 'catalogue read'), { cached: false })
  const before = (await first.boss.get('/barman/help')).json()
  await first.close()
  const second = await buildApp(t, { discover: true, folder: first.folder })
  t.match(second.log.find(({ msg }) => msg === 'catalogue read'), { cached: true })
  t.same((await second.boss.get('/barman/help')).json(), before)
})

t.test('a reload brings what a new Barman offers', async (t) => {
  const { boss, barman, app } = await buildApp(t, { version: '3.4.0' })
  problemIn(t, await boss.get('/barman/config-switch/help'), 404, 'unknown-command')
  const paths = async () => Object.keys((await app.inject('/openapi.json')).json<{ paths: object }>().paths)
  t.notOk((await paths()).includes('/barman/restore'))
  for (const [url, version] of [['/barman/reload', '3.20.1'], ['/config/barman/reload', '3.13.3']] as const) {
    barman.become(version)
    const reply = await boss.post(url)
    t.match([reply.statusCode, reply.headers, reply.json()], [200, { 'cache-control': 'no-store' }, { barmanVersion: version }])
    t.equal((await boss.get('/barman/config-switch/help')).statusCode, 200)
    t.ok((await paths()).includes('/barman/restore'), 'in the document too')
  }
  t.equal((await boss.get('/barman/reload')).statusCode, 200, 'by GET too, as the seed had it')
})

t.test('a new program is noticed without being told', async (t) => {
  const { boss, barman } = await buildApp(t, { version: '3.4.0' })
  barman.become('3.20.1')
  t.match((await boss.get('/barman/help')).json(), { barmanVersion: '3.4.0' }, 'the program is the same file still')
  install(barman.command)
  t.match((await boss.get('/barman/help')).json(), { barmanVersion: '3.20.1' })
})

t.test('a reload that fails leaves the old catalogue in place', async (t) => {
  const { boss, barman, log } = await buildApp(t, { version: '3.4.0' })
  barman.become('broken')
  problemIn(t, await boss.post('/barman/reload'), 503, 'barman-unusable')
  t.match((await boss.get('/barman/help')).json(), { barmanVersion: '3.4.0' })
  t.equal((await boss.get('/barman/check?server_name=main')).statusCode, 200)
  t.ok(log.some(({ msg }) => msg === 'request failed'), 'and is in the log')
  barman.become('3.20.1')
  t.match((await boss.post('/barman/reload')).json(), { barmanVersion: '3.20.1' }, 'the next one may succeed')
})

t.test('no request fails while a catalogue is read anew', async (t) => {
  const { boss, barman } = await buildApp(t, { version: '3.13.3' })
  barman.become('3.20.1')
  const reload = boss.post('/barman/reload')
  const state = { isDone: false }
  const done = reload.then(() => { state.isDone = true })
  let count = 0
  do {
    const replies = await Promise.all([boss.get('/barman/list-servers'), boss.get('/barman/status/help'), boss.get('/barman/check?server_name=main'), boss.get('/openapi.json')])
    t.same(replies.map(({ statusCode }) => statusCode), [200, 200, 200, 200])
    count++
  } while (!state.isDone)
  await done
  t.ok(count > 1, `${count} rounds meanwhile`)
  t.match((await reload).json(), { barmanVersion: '3.20.1' })
})

t.test('reloads at once are one', async (t) => {
  const { boss, log } = await buildApp(t)
  const replies = await Promise.all([boss.post('/barman/reload'), boss.post('/config/barman/reload'), boss.post('/barman/reload')])
  t.same(replies.map(({ statusCode }) => statusCode), [200, 200, 200])
  t.equal(log.filter(({ msg, cached }) => msg === 'catalogue read' && cached === false).length, 1)
})

t.test('a reload needs the scope config, under either name', async (t) => {
  const { user } = await buildApp(t, { users: { reader: { scopes: ['read'] }, denied: { deny: ['config/barman/reload'] } } })
  for (const name of ['reader', 'denied']) {
    for (const url of ['/barman/reload', '/config/barman/reload']) problemIn(t, await (await user(name)).post(url), 403, 'forbidden')
  }
})
