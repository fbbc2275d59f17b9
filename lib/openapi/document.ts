import type { CompiledCatalogue } from '../barman/compile.ts'
import { commandPaths } from './commands.ts'
import { problemResponses } from './parts.ts'

type Node = Record<string, unknown>

/** The document: what the routes say of themselves, with one concrete path per command of the catalogue. Where a command has the name of a route, the route stands. */
export function documentOf (routes: object, catalogue: CompiledCatalogue, asyncCommands: readonly string[]): object {
  const { paths, ...base } = structuredClone(routes) as { paths: Record<string, Record<string, Node>> } // as @fastify/swagger made it
  for (const item of Object.values(paths)) for (const operation of Object.values(item)) shareProblems(operation)
  return { ...base, paths: { ...paths, ...commandPaths(catalogue, new Set(asyncCommands), new Set(Object.keys(paths))) } }
}

/** One shared set of problem responses in place of each route's own. */
function shareProblems (operation: Node): void {
  const kept = Object.entries(operation['responses'] as Node).filter(([status]) => !/^[45]xx$/i.test(status)) // every operation has responses
  operation['responses'] = { ...Object.fromEntries(kept), ...problemResponses }
}
