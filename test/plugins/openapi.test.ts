import t from 'tap'
import { buildApp } from '../support/app.ts'

interface Operation { readonly operationId: string, readonly tags: readonly string[], readonly responses: Readonly<Record<string, unknown>>, readonly deprecated?: boolean, readonly parameters?: ReadonlyArray<Parameter | { readonly $ref: string }> }
interface Parameter { readonly name: string, readonly in: string }
interface Document { readonly tags: ReadonlyArray<{ readonly name: string }>, readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>, readonly components: object }

for (const version of ['3.4.0', '3.20.1'] as const) {
  t.test(`the document of Barman ${version}`, async (t) => {
    const { app } = await buildApp(t, { version })
    const document = (await app.inject('/openapi.json')).json<Document>()
    const operations = Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([verb, operation]) => ({ path, verb, operation })))

    t.test('every reference resolves', async (t) => {
      const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference)
      t.ok(references.length > 50)
      for (const reference of new Set(references)) t.ok(find(document, reference), reference)
      t.notMatch(JSON.stringify(document), /"\$id"/)
    })

    t.test('every operation has an id of its own, responses, and tags that are declared', async (t) => {
      const declared = new Set(document.tags.map(({ name }) => name))
      for (const { path, verb, operation } of operations) {
        const isWhole = operation.operationId !== undefined && Object.keys(operation.responses).length > 1 && operation.tags.length > 0 && operation.tags.every((tag) => declared.has(tag))
        t.ok(isWhole, `${verb} ${path}`)
      }
      const ids = operations.map(({ operation }) => operation.operationId)
      t.same(ids.filter((id, index) => ids.indexOf(id) !== index), [])
    })

    t.test('every parameter of a path is declared', async (t) => {
      for (const { path, verb, operation } of operations) {
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        t.same(parametersOf(document, operation).filter((parameter) => parameter.in === 'path').map(({ name }) => name), named, `${verb} ${path}`)
      }
    })

    t.test('every command is there, under each of its names, with its own parameters', async (t) => {
      for (const { command, parameters } of app.host('default').catalogue.list) {
        for (const name of [command.name, ...command.aliases]) {
          const item = document.paths[`/barman/${name}`] ?? {}
          if (name === 'help') continue // the route of that name explains the catalogue
          const expected = parameters.map((parameter) => parameter.name).sort()
          const inQuery = Object.values(item).flatMap((operation) => parametersOf(document, operation)).filter((parameter) => parameter.in === 'query').map((parameter) => parameter.name)
          t.same([name, [...new Set(inQuery)].filter((each) => !each.startsWith('api_')).sort()], [name, expected])
        }
      }
    })

    t.test('the routes of barmanapi 0.3 are there by GET and by POST, one of both deprecated', async (t) => {
      const routes = ['/auth/token', '/auth/user', '/auth/user/list', '/auth/user/add', '/auth/user/change', '/barman/help', '/barman/backup', '/barman/list-servers', '/barman/reload', '/config/barman', '/config/barman/help', '/config/barman/reload', '/config/barmanapi', '/history/list', '/history/result']
      for (const route of routes) {
        const { get, post } = document.paths[route] ?? {}
        t.ok(get && post && (get.deprecated === true) !== (post.deprecated === true), route)
      }
      for (const route of ['/history/{ticket}', '/history/{ticket}/cancel', '/health/live', '/health/ready']) t.ok(document.paths[route], route)
    })
  })
}

t.test('the document is made once a catalogue', async (t) => {
  const { app, boss } = await buildApp(t)
  const first = app.openapi()
  t.equal(app.openapi(), first)
  await boss.post('/barman/reload')
  t.not(app.openapi(), first)
})

function parametersOf (document: Document, { parameters = [] }: Operation): Parameter[] {
  return parameters.map((parameter) => '$ref' in parameter ? find(document, parameter.$ref) as Parameter : parameter) // what it refers to, as just proved
}

function find (document: object, reference: string): unknown {
  return reference.replace(/^#\//, '').split('/').reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}
