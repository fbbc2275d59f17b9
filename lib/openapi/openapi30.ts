import { isNode, type Node, rebuild } from './walk.ts'

const LICENSE_URL = 'https://spdx.org/licenses/'

/** The document for tools that know OpenAPI 3.0 only: null is `nullable`, of several examples the first stays. */
export function toOpenApi30 (document: object): object {
  const older = rebuild(document, (node) => nullable(example(node))) as Node // an object in, an object out
  return { ...older, openapi: '3.0.3', info: withLicenseUrl(older['info']) }
}

/** Schemas have lists of examples; those of a body are an object in both versions. */
function example ({ examples, ...node }: Node): Node {
  if (!Array.isArray(examples)) return examples === undefined ? node : { ...node, examples }
  return { ...node, example: examples[0] }
}

function nullable ({ anyOf, ...node }: Node): Node {
  if (!Array.isArray(anyOf)) return anyOf === undefined ? node : { ...node, anyOf }
  const others = anyOf.filter(isNode).filter(({ type }) => type !== 'null')
  if (others.length === anyOf.length) return { ...node, anyOf }
  const [only, ...more] = others.map(orNull)
  return only && more.length === 0 ? { ...only, ...node } : { ...node, anyOf: [only, ...more] }
}

/** `nullable` counts only beside a `type`, and an `enum` has to name null too. */
function orNull (schema: Node): Node {
  if (schema['type'] === undefined) return { nullable: true, allOf: [schema] }
  return { ...schema, nullable: true, ...(Array.isArray(schema['enum']) ? { enum: [...schema['enum'], null] } : {}) }
}

function withLicenseUrl (info: unknown): unknown {
  if (!isNode(info) || !isNode(info['license'])) return info
  const { identifier, ...license } = info['license']
  return { ...info, license: { ...license, url: `${LICENSE_URL}${String(identifier)}.html` } }
}
