import { readFileSync } from 'node:fs'
import t from 'tap'
import { documents, operationsOf } from './documents.ts'

const FILE = 'test/openapi/operation-ids.json'
const known = JSON.parse(readFileSync(new URL('./operation-ids.json', import.meta.url), 'utf8')) as Readonly<Record<string, readonly string[]>>

t.test('no operationId changes by accident: each is the name of a method in clients that people wrote against', async (t) => {
  const found = new Map([...await documents(t)].map(([version, { v31: document }]) => [version, operationsOf(document).map(({ operationId }) => operationId).sort()]))
  t.same([...found.keys()].sort(), Object.keys(known).sort())
  for (const [version, ids] of found) {
    const gone = known[version]?.filter((id) => !ids.includes(id))
    const isNew = ids.filter((id) => !known[version]?.includes(id))
    t.same(gone, [], `Barman ${version}: these are gone, and break clients. If that is meant, take them out of ${FILE} and say so in CHANGELOG.md`)
    t.same(isNew, [], `Barman ${version}: these are new. If their names may stay for ever, add them to ${FILE}: ${isNew.map((id) => `"${id}"`).join(', ')}`)
    t.equal(new Set(ids).size, ids.length, `Barman ${version}: each is there once`)
  }
})
