import { readFileSync } from 'node:fs'

/** The version of this service, from its package.json: beside the sources, or one folder above the compiled ones. */
export const VERSION: string = ['../package.json', '../../package.json'].flatMap((place) => {
  try {
    return [(JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { version: string }).version]
  } catch {
    return [] // the other place
  }
})[0] ?? 'unknown'
