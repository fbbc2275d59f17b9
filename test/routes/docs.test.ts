import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'

t.test('the document and its page are open unless the configuration closes them', async (t) => {
  const { app } = await buildApp(t)
  t.match((await app.inject('/openapi.json')).json(), { openapi: '3.1.0', paths: { '/barman/backup': {} } })
  const page = await app.inject('/docs')
  t.match(page, { statusCode: 200, headers: { 'content-type': /^text\/html/ } })
  const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url)
  t.ok(assets.length > 3)
  for (const url of assets) {
    t.match(url, /^\/docs\/|^\.\//, 'from here, nothing from elsewhere')
    t.equal((await app.inject(url.replace(/^\.\//, '/docs/'))).statusCode, 200, url)
  }
})

t.test('closed, they open by token or by password', async (t) => {
  const { app, boss, user } = await buildApp(t, { config: '[application]\npublic_docs = false' })
  const guest = await user('guest', ['operate'])
  const authorization = `Basic ${Buffer.from('boss:password of boss').toString('base64')}`
  for (const url of ['/openapi.json', '/docs', '/docs/json', '/docs/static/swagger-ui.css']) {
    problemIn(t, await app.inject(url), 401, 'unauthorized')
    problemIn(t, await guest.get(url), 403, 'forbidden')
    t.equal((await boss.get(url)).statusCode, 200, url)
  }
  t.equal((await app.inject({ url: '/openapi.json', headers: { authorization } })).statusCode, 200)
})
