/** A JSON object whose members are not known. */
export type Node = Record<string, unknown>

/** Members that hold data, not parts of the document. */
const DATA: ReadonlySet<string> = new Set(['default', 'enum', 'example', 'examples'])

/** Rebuilds a document from its leaves up; data, such as examples, stays as it is. A property may be called `enum`: below `properties` stand names. */
export function rebuild (node: unknown, visit: (node: Node) => unknown, areNames = false): unknown {
  if (Array.isArray(node)) return node.map((item) => rebuild(item, visit))
  if (!isNode(node)) return node
  const rebuilt = Object.fromEntries(Object.entries(node).map(([key, value]) =>
    [key, DATA.has(key) && !areNames ? value : rebuild(value, visit, key === 'properties' && !areNames)]))
  return areNames ? rebuilt : visit(rebuilt)
}

/** Whether a value is a JSON object. */
export function isNode (value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
