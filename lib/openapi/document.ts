import { COMMAND_SCHEMAS, commandPaths } from './commands.ts'
import { problemResponses } from './parts.ts'
import type { CompiledCatalogue } from '../barman/compile.ts'

type Node = Record<string, unknown>

/** The document: what the routes say of themselves, with one concrete path per command of the catalogue. */
export function documentOf (routes: object, catalogue: CompiledCatalogue, asyncCommands: readonly string[]): object {
  const { paths, ...base } = structuredClone(routes) as { paths: Record<string, Node> } & Node // as @fastify/swagger made it
  const schemas: Node = {}
  const all = { ...paths, ...commandPaths(catalogue, new Set(asyncCommands)) }
  const named = JSON.parse(JSON.stringify({ paths: all, named: COMMAND_SCHEMAS }), nameSchemas(schemas)) as { paths: Record<string, Node> }
  for (const item of Object.values(named.paths)) for (const operation of Object.values(item)) shareProblems(operation as Node)
  return { ...base, paths: named.paths, components: { ...base['components'] as Node, schemas } }
}

/** A schema with an `$id` becomes a component, and a reference where it stood. */
function nameSchemas (schemas: Node): (key: string, value: unknown) => unknown {
  return (_, value) => {
    if (typeof value !== 'object' || value === null || !('$id' in value)) return value
    const { $id, ...schema } = value as { $id: string } & Node
    schemas[$id] = schema
    return { $ref: `#/components/schemas/${$id}` }
  }
}

/** One shared set of problem responses in place of each route's own. */
function shareProblems (operation: Node): void {
  const responses = operation['responses'] as Node | undefined
  if (!responses) return
  const kept = Object.entries(responses).filter(([status]) => !/^[45]xx$/i.test(status))
  operation['responses'] = { ...Object.fromEntries(kept), ...problemResponses }
}
