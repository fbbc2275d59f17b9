import type { CompiledCatalogue } from '../barman/compile.ts'
import { commandPaths } from './commands.ts'
import { PROBLEM_RESPONSES, SHARED } from './parts.ts'
import { tidy } from './tidy.ts'
import { isNode, type Node } from './walk.ts'

type Paths = Record<string, Record<string, Node>>

interface Document {
  readonly info: Node
  readonly security: readonly object[]
  readonly paths: Paths
  readonly components: Record<string, Node>
}

/**
 * The document: what the routes say of themselves, with one concrete path per command of the catalogue. Where a command
 * has the name of a route, the route stands.
 */
export function documentOf (routes: object, catalogue: CompiledCatalogue, asyncCommands: readonly string[]): object {
  const { info, paths, components, ...base } = structuredClone(routes) as Document // as @fastify/swagger made it
  const all: Paths = { ...paths, ...commandPaths(catalogue, asyncCommands, new Set(Object.keys(paths))) }
  const inQuery = components['securitySchemes']?.['query'] ? [{ query: [] }] : []
  for (const item of Object.values(all)) {
    for (const operation of Object.values(item)) finish(operation)
    for (const [verb, operation] of Object.entries(item)) if (operation['deprecated'] === true) item[verb] = oldForm(operation, item, base.security, inQuery)
  }
  return tidy({
    ...base,
    info: { ...info, description: `${String(info['description'])} This one is of Barman ${catalogue.version}.` },
    paths: all,
    components: used({ ...components, ...SHARED }, all)
  })
}

/** Shares the problems; a body that can hold nothing need not be sent. */
function finish (operation: Node): void {
  const kept = Object.entries(operation['responses'] as Node).filter(([status]) => !/^[45]xx$/i.test(status)) // every operation has responses
  operation['responses'] = { ...Object.fromEntries(kept), ...PROBLEM_RESPONSES }
  if (isEmpty(at(operation, 'requestBody', 'content', 'application/json', 'schema'))) delete operation['requestBody']
}

/**
 * The other verb says only that it is that. A token in the query works everywhere, but is shown here alone: generated
 * clients send a token in every place that is named, and the service refuses it in two.
 */
function oldForm (operation: Node, item: Record<string, Node>, security: readonly object[], inQuery: readonly object[]): Node {
  const main = Object.values(item).find(({ deprecated }) => deprecated !== true)
  const ways = Array.isArray(operation['security']) ? operation['security'] as object[] : security // OpenAPI has a list of objects
  return {
    ...operation,
    description: `The same as \`${String(main?.['operationId'])}\` by its other verb, for clients of barmanapi 0.3.`,
    security: ways.some((way) => 'bearer' in way) ? [...ways, ...inQuery] : ways
  }
}

/** Only the parts that something refers to: the rest would be noise in every client. */
function used (components: Record<string, Node>, paths: Paths): Record<string, Node> {
  const text = JSON.stringify({ paths, components })
  const isUsed = (kind: string, name: string) => kind === 'securitySchemes' || text.includes(`"#/components/${kind}/${name}"`)
  return Object.fromEntries(Object.entries(components).map(([kind, parts]) =>
    [kind, Object.fromEntries(Object.entries(parts).filter(([name]) => isUsed(kind, name)))]))
}

function isEmpty (schema: unknown): boolean {
  return isNode(schema) && schema['additionalProperties'] === false && Object.keys(schema['properties'] ?? {}).length === 0
}

function at (node: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => isNode(value) ? value[key] : undefined, node)
}
