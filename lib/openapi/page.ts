import type { Node } from './walk.ts'

interface Document {
  readonly paths: Record<string, Record<string, Node>>
  readonly components: { readonly securitySchemes: Node }
}

/**
 * The document as people look at it: each operation once, and no token in an address. The ways of barmanapi 0.3 go on
 * working, and stand in the whole document.
 */
export function toPage (document: object): object {
  const { paths, components, ...rest } = document as Document // as `documentOf` made it
  const { query, ...securitySchemes } = components.securitySchemes
  const shown = Object.entries(paths).map(([path, item]) =>
    [path, Object.fromEntries(Object.entries(item).filter(([, { deprecated }]) => deprecated !== true))])
  return { ...rest, paths: Object.fromEntries(shown), components: { ...components, securitySchemes } }
}
