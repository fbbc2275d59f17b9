import type { Node } from './walk.ts'

/** The document as people look at it: each operation once. The old verbs go on working, and stand in the whole document. */
export function withoutDeprecated (document: object): object {
  const { paths, ...rest } = document as { paths: Record<string, Record<string, Node>> } // as `documentOf` made it
  const shown = Object.entries(paths).map(([path, item]) =>
    [path, Object.fromEntries(Object.entries(item).filter(([, { deprecated }]) => deprecated !== true))])
  return { ...rest, paths: Object.fromEntries(shown) }
}
