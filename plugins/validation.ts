import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

interface Shape { readonly properties?: Readonly<Record<string, { readonly type?: string }>> }

/** Nothing unknown is dropped and nothing is coerced; only in a query and a path, where all is text, plain numerals are read as the integers they name. */
export default fp(async (fastify: FastifyInstance) => {
  const ajv = new Ajv({ allErrors: true, removeAdditional: false, useDefaults: true, coerceTypes: false, strict: false })
  addFormats.default(ajv)
  fastify.setValidatorCompiler(({ schema, httpPart }) => {
    const validate = ajv.compile(schema as object) // routes declare objects
    return httpPart === 'body' ? validate : readingNumerals(validate, schema as Shape)
  })
}, { name: 'validation' })

function readingNumerals (validate: ValidateFunction, { properties = {} }: Shape): ValidateFunction {
  const integers = Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
  const reading = (data: Record<string, unknown>) => {
    for (const name of integers) if (/^\d{1,16}$/.test(String(data[name]))) data[name] = Number(data[name])
    const isValid = validate(data)
    reading.errors = validate.errors
    return isValid
  }
  reading.errors = validate.errors
  return reading as ValidateFunction // as Fastify calls it: data in, verdict out, errors beside it
}
