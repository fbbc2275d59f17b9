import t from 'tap'
import { tidy } from '../../../lib/openapi/tidy.ts'

t.test('alternatives of single values are one list of values', async (t) => {
  t.same(tidy({ description: 'd', anyOf: [{ const: 'a', type: 'string' }, { type: 'string', enum: ['b'] }] }), { description: 'd', type: 'string', enum: ['a', 'b'] })
  const mixed = { anyOf: [{ type: 'boolean', enum: [true] }, { type: 'string', enum: ['b'] }] }
  t.same(tidy(mixed), mixed, 'not where their types differ')
  const bounded = { anyOf: [{ type: 'string', enum: ['a'], description: 'd' }, { type: 'string', enum: ['b'] }] }
  t.same(tidy(bounded), bounded, 'nor where one says more')
})

t.test('what says nothing new is left out', async (t) => {
  t.same(tidy({ $id: 'x', type: 'string', enum: ['a'], pattern: '^a$', description: '' }), { type: 'string', enum: ['a'] })
  t.same(tidy({ type: 'string', pattern: '^a' }), { type: 'string', pattern: '^a' })
})

t.test('properties may have the names of keywords', async (t) => {
  const schema = { type: 'object', properties: { const: { type: 'string' }, pattern: { type: 'string' }, enum: { const: 'a' }, description: { type: 'string' } } }
  t.same(tidy(schema), { ...schema, properties: { ...schema.properties, enum: { enum: ['a'] } } })
})

t.test('only what is needed in a query has an example, which a page would fill in', async (t) => {
  t.same(tidy([{ in: 'query', required: true, example: 1 }, { in: 'query', required: false, example: 1 }, { in: 'path', example: 1 }]),
    [{ in: 'query', required: true, example: 1 }, { in: 'query', required: false }, { in: 'path', example: 1 }])
})
