import t from 'tap'
import { buildApp } from '../support/app.ts'
import type { Document } from './documents.ts'

t.test('each form is served, and made anew with the catalogue', async (t) => {
  const { app, barman, boss } = await buildApp(t, { version: '3.4.0' })
  const get = async (url: string): Promise<Document> => (await app.inject(url)).json<Document>()
  t.match(await get('/openapi.json'), { openapi: '3.1.0', paths: { '/barman/recover': { post: {}, get: { deprecated: true } } } })
  t.match(await get('/openapi-3.0.json'), { openapi: '3.0.3', paths: { '/barman/recover': { post: {}, get: { deprecated: true } } } })
  t.match(await get('/docs/json'), { openapi: '3.1.0', paths: { '/barman/recover': { post: {}, get: undefined } } })
  t.notOk((await get('/openapi.json')).paths['/barman/restore'])

  barman.become('3.20.1')
  t.equal((await boss.post('/barman/reload')).statusCode, 200)
  for (const url of ['/openapi.json', '/openapi-3.0.json', '/docs/json']) {
    t.match(await get(url), { info: { description: /Barman 3\.20\.1/ }, paths: { '/barman/restore': { post: { operationId: 'restore' } } } }, url)
  }
})

t.test('what the document shows without a body is called without one', async (t) => {
  const { app, boss } = await buildApp(t)
  const { '/barman/reload': { post } = {} } = (app.openapi() as Document).paths // the tests of the document are what checks it
  t.ok(post)
  t.equal(post?.requestBody, undefined)
  t.equal((await boss.send({ method: 'POST', url: '/barman/reload' })).statusCode, 200)
})

t.test('a token in the query is documented only where it opens something', async (t) => {
  const { app } = await buildApp(t, { config: '[auth_token]\nin_query = false' })
  t.notMatch(JSON.stringify((app.openapi() as Document).security), 'query')
  t.notOk((app.openapi() as Document).components['securitySchemes']?.['query'])
})

t.test('the page runs scripts of its own only, and by plain HTTP too', async (t) => {
  const { app } = await buildApp(t)
  for (const url of ['/docs', '/docs/static/swagger-ui-bundle.js']) {
    const policy = String((await app.inject(url)).headers['content-security-policy'])
    t.match(policy, /(^|; )default-src 'none';/)
    t.match(policy, /; script-src 'self';/)
    t.notMatch(policy, /unsafe|upgrade-insecure-requests|https?:/)
  }
  const style = await app.inject('/docs/static/theme/barmanapi.css')
  t.match(style, { statusCode: 200, headers: { 'content-type': /^text\/css/ }, body: /swagger-ui/ })
})
