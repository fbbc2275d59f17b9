import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Folders whose tests take long: every Barman version, faults, the demo. */
const LONG = /^test\/(long|faults)\//

/**
 * The test files of the project, by their sources: what is only left in dist/ from earlier builds does not count.
 * @param {string} root
 * @param {string[]} filters Parts of paths; none means all.
 * @returns {{ short: string[], long: string[] }} Compiled files, relative to the root.
 */
export function suite (root, filters) {
  const sources = readdirSync(join(root, 'test'), { recursive: true }).map((name) => `test/${name}`)
    .filter((name) => name.endsWith('.test.ts')).sort()
    .filter((name) => filters.length === 0 || filters.some((part) => name.includes(part.replace(/^dist\//, '').replace(/\.js$/, ''))))
  const compiled = (names) => names.map((name) => join('dist', name.replace(/\.ts$/, '.js')))
  return { short: compiled(sources.filter((name) => !LONG.test(name))), long: compiled(sources.filter((name) => LONG.test(name))) }
}

/** Whether one of the compiled files asks for a lab. */
export const wantsLab = (root, files) => files.some((file) => /\blab\b/i.test(readFileSync(join(root, file), 'utf8')))
