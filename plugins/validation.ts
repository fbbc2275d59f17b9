import { Ajv, type Options } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

const STRICT: Options = { allErrors: true, removeAdditional: false, useDefaults: true, coerceTypes: false, strict: false }

/** Nothing unknown is dropped and no body is coerced; only what can be nothing but text, query and path, is read as numbers and booleans. */
export default fp(async (fastify: FastifyInstance) => {
  const ajvs = { body: make(STRICT), text: make({ ...STRICT, coerceTypes: true }) }
  fastify.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? ajvs.body : ajvs.text).compile(schema as object)) // routes declare objects
}, { name: 'validation' })

function make (options: Options): Ajv {
  const ajv = new Ajv(options)
  addFormats.default(ajv)
  return ajv
}
