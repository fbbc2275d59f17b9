import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import t, { type Test } from 'tap'
import { compileCatalogue } from '../../lib/barman/compile.ts'
import { readParameters } from '../../lib/barman/parameters.ts'
import { isNode, type Node } from '../../lib/openapi/walk.ts'
import { realCatalogue } from '../lib/barman/policy-fixtures.ts'
import { type Document, documents, type Media, type Operation, operationsOf } from './documents.ts'

const NEWER = ['const', 'contentEncoding', 'contentMediaType', 'exclusiveMinimum', 'exclusiveMaximum', 'if', 'patternProperties', 'prefixItems', 'propertyNames']

interface Sample { readonly where: string, readonly schema: object, readonly value: unknown }

const all = await documents(t)

for (const [version, { v31: document, v30: older, page }] of all) {
  t.test(`Barman ${version}: every operation tells people what they want to know`, async (t) => {
    const tags = new Set(document.tags.map(({ name }) => name))
    for (const { path, verb, operationId, summary, description, tags: own } of operationsOf(document)) {
      t.match(operationId, /^[a-z][a-zA-Z]+$/, `${verb} ${path}`)
      t.match(summary, /^[A-Z\p{L}].{5,}[^.]$/u, operationId)
      t.match(description, /\w{3,}.*\./s, operationId)
      t.equal(own.length === 1 && tags.has(own[0] ?? ''), true, `${operationId} has one tag with a description`)
    }
    t.match(document.info.description, `Barman ${version}`)
  })

  t.test(`Barman ${version}: each example is good, and each call has one`, async (t) => {
    for (const form of [document, older]) t.same(faultsOfExamples(t, form), [], form.openapi)
  })

  t.test(`Barman ${version}: the service takes the calls that it shows`, async (t) => {
    for (const compiled of compileCatalogue(realCatalogue(version as Parameters<typeof realCatalogue>[0])).list) {
      const { post } = document.paths[`/barman/${compiled.command.name}`] ?? {}
      const example = post?.requestBody?.content['application/json']?.example
      if (example === undefined) continue
      t.doesNotThrow(() => readParameters(compiled, { from: 'body', object: example }), `${compiled.command.name} ${JSON.stringify(example)}`)
    }
  })

  t.test(`Barman ${version}: all that fails is the one Problem`, async (t) => {
    const problem = { $ref: '#/components/responses/Problem' }
    for (const { operationId, responses } of operationsOf(document)) t.match(responses, { '4XX': problem, '5XX': problem }, operationId)
  })

  t.test(`Barman ${version}: every reference leads somewhere`, async (t) => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, target = '']) => target)
    t.ok(references.length > 100)
    for (const target of new Set(references)) t.ok(isNode(follow(document, target)), target)
  })

  t.test(`Barman ${version}: the form for 3.0 says nothing that 3.0 cannot say`, async (t) => {
    t.equal(older.openapi, '3.0.3')
    t.match(older.info.license, { url: /^https:/, identifier: undefined })
    const nodes = nodesOf(older)
    t.ok(nodes.length > 1000)
    t.same(nodes.filter((node) => NEWER.some((word) => word in node) || Array.isArray(node['type']) || node['type'] === 'null' || Array.isArray(node['examples'])), [])
    t.same(nodes.filter((node) => node['nullable'] === true && typeof node['type'] !== 'string' && !('allOf' in node)), [], 'nullable stands beside a type')
    t.ok(nodes.some(({ nullable }) => nullable === true))
    t.same(operationsOf(older).map(({ operationId }) => operationId), operationsOf(document).map(({ operationId }) => operationId))
  })

  t.test(`Barman ${version}: the page shows each operation once, and no token in an address`, async (t) => {
    const shown = operationsOf(page)
    t.same(shown.filter(({ deprecated }) => deprecated), [])
    t.same(shown.map(({ path }) => path), Object.keys(document.paths), 'one for each path')
    t.notMatch(JSON.stringify([page.security, page.components['securitySchemes'], shown.map(({ security }) => security)]), /query/)
    t.match(document.components['securitySchemes'], { query: { name: 'token' } }, 'which the whole document has')
    for (const { operationId, deprecated, security = document.security } of operationsOf(document)) {
      t.equal(JSON.stringify(security).includes('query'), deprecated === true && !JSON.stringify(security).startsWith('[{"basic"'), `${operationId}: and its old verbs alone, for clients send what they have in every place that is named`)
    }
  })
}

/** All that has an example is checked against its schema, and a call without one is a fault too. */
function faultsOfExamples (t: Test, document: Document): unknown[] {
  const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }))
  ajv.addFormat('binary', true)
  ajv.addSchema({ $id: 'document', ...document })
  const validators = new Map<string, ValidateFunction>()
  const samples = samplesOf(document)
  t.ok(samples.length > 100)
  return samples.flatMap(({ where, schema, value }) => {
    const text = JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"document#') // the same, told where it stands
    const validate = validators.get(text) ?? ajv.compile(JSON.parse(text) as object)
    validators.set(text, validate)
    return value !== undefined && validate(value) ? [] : [{ where, value, errors: validate.errors }]
  })
}

function samplesOf (document: Document): Sample[] {
  const shared = Object.entries(document.components['responses'] ?? {}) as Array<[string, { content?: Record<string, Media> }]> // as OpenAPI has them
  const ofSchemas = nodesOf(document).filter(({ type }) => typeof type === 'string').flatMap((schema) =>
    [schema['examples'] ?? ('example' in schema ? [schema['example']] : [])].flat().map((value) => ({ where: JSON.stringify(schema), schema, value })))
  return [...operationsOf(document).flatMap(samplesOfCall), ...shared.flatMap(([name, { content = {} }]) => samplesIn(name, content)), ...ofSchemas]
}

function samplesOfCall ({ operationId, parameters = [], requestBody, responses, deprecated }: Operation): Sample[] {
  const body = requestBody?.content['application/json']
  const isMissing = body && !deprecated && !('example' in body)
  return [
    ...parameters.flatMap((parameter) => 'required' in parameter && parameter.required ? [{ where: `${operationId} ${parameter.name}`, schema: parameter.schema, value: parameter.example }] : []),
    ...samplesIn(operationId, requestBody?.content ?? {}),
    ...isMissing ? [{ where: `${operationId} body`, schema: body.schema, value: undefined }] : [],
    ...(Object.values(responses) as Array<{ content?: Record<string, Media> }>).flatMap(({ content = {} }) => samplesIn(operationId, content)) // as OpenAPI has them
  ]
}

function samplesIn (where: string, content: Readonly<Record<string, Media>>): Sample[] {
  return Object.values(content).flatMap((media) => examplesIn(media).map((value) => ({ where, schema: media.schema, value })))
}

function examplesIn (media: Media): unknown[] {
  return [...('example' in media ? [media.example] : []), ...Object.values(media.examples ?? {}).map(({ value }) => value)]
}

/** Every object that is part of the document: no examples, which are data. */
function nodesOf (value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf)
  if (!isNode(value)) return []
  return [value, ...Object.entries(value).flatMap(([key, child]) => ['example', 'examples', 'enum'].includes(key) && !isSchema(child) ? [] : nodesOf(child))]
}

/** A property may be called `example`. */
function isSchema (value: unknown): boolean {
  return isNode(value) && ('type' in value || 'anyOf' in value)
}

function follow (document: object, target: string): unknown {
  return target.replace(/^#\//, '').split('/').reduce<unknown>((node, key) => isNode(node) ? node[key] : undefined, document)
}
