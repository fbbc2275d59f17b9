import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json with the sources: tests run from dist/, and packaging/ lies beside it. */
export const ROOT = findRoot()

function findRoot (): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'packaging', 'debian'))) folder = dirname(folder)
  return folder
}
