import { isNode, type Node, rebuild } from './walk.ts'

/** Says the same in the words that OpenAPI 3.0 and 3.1 share, and that generators make the plainest types of. */
export function tidy<T> (document: T): T {
  return rebuild(document, (node) => parameter(schema(node))) as T // nothing is added or taken away that T tells of
}

function schema ({ $id, const: only, pattern, anyOf, ...node }: Node): Node {
  const choices = Array.isArray(anyOf) ? merge(anyOf.filter(isNode)) : null
  return {
    ...node,
    ...(only === undefined ? {} : { enum: [only] }),
    ...(pattern === undefined || Array.isArray(node['enum']) ? {} : { pattern }), // of an `enum` it is the same once more
    ...(anyOf === undefined ? {} : choices ?? { anyOf })
  }
}

/** Alternatives of one type with a few values each, as one list of values; null where they are something else. */
function merge (alternatives: readonly Node[]): Node | null {
  const [first] = alternatives
  const isList = alternatives.every((each) => each['type'] === first?.['type'] && Array.isArray(each['enum']) && Object.keys(each).length === 2)
  return isList && first ? { type: first['type'], enum: alternatives.flatMap((each) => each['enum']) } : null
}

/** Pages fill in what is an example: right for what is needed, wrong for what is better left out. */
function parameter ({ example, description, ...node }: Node): Node {
  const isNotNeeded = node['in'] === 'query' && node['required'] !== true
  return {
    ...node,
    ...(description === undefined || description === '' ? {} : { description }),
    ...(example === undefined || isNotNeeded ? {} : { example })
  }
}
