import t from 'tap'
import { toOpenApi30 } from '../../../lib/openapi/openapi30.ts'

const older = (schema: object): unknown => (toOpenApi30({ components: { schemas: { It: schema } } }) as { components: { schemas: { It: unknown } } }).components.schemas.It

t.test('null is nullable, beside the type of what else it may be', async (t) => {
  t.same(older({ anyOf: [{ type: 'string', description: 'a' }, { type: 'null' }] }), { type: 'string', description: 'a', nullable: true })
  t.same(older({ description: 'b', anyOf: [{ type: 'string', description: 'a' }, { type: 'null' }] }), { type: 'string', description: 'b', nullable: true }, 'the outer word counts')
  t.same(older({ anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'null' }] }), { anyOf: [{ type: 'string', nullable: true }, { type: 'integer', nullable: true }] })
  t.same(older({ anyOf: [{ type: 'string', enum: ['a'] }, { type: 'null' }] }), { type: 'string', enum: ['a', null], nullable: true })
  t.same(older({ anyOf: [{ $ref: '#/x' }, { type: 'null' }] }), { nullable: true, allOf: [{ $ref: '#/x' }] })
  t.same(older({ anyOf: [{ type: 'string' }, { type: 'integer' }] }), { anyOf: [{ type: 'string' }, { type: 'integer' }] })
})

t.test('of the examples of a schema the first stays; data is left alone', async (t) => {
  t.same(older({ type: 'string', examples: ['a', 'b'] }), { type: 'string', example: 'a' })
  t.same(older({ type: 'object', example: { examples: ['a'], anyOf: [{ type: 'null' }] } }), { type: 'object', example: { examples: ['a'], anyOf: [{ type: 'null' }] } })
  t.same(older({ type: 'object', properties: { examples: { type: 'array', examples: [[1]] }, enum: { anyOf: [{ type: 'string' }, { type: 'null' }] } } }),
    { type: 'object', properties: { examples: { type: 'array', example: [1] }, enum: { type: 'string', nullable: true } } }, 'properties may have such names')
})

t.test('a license has an address in place of an identifier', async (t) => {
  t.same(toOpenApi30({ openapi: '3.1.0', info: { title: 'x', license: { name: 'n', identifier: 'MIT' } } }),
    { openapi: '3.0.3', info: { title: 'x', license: { name: 'n', url: 'https://spdx.org/licenses/MIT.html' } } })
})
