import { existsSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from './fault.mjs'
import { run } from './run.mjs'

/** The folder of package.json. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** How many processes may be busy at once. */
export const CORES = availableParallelism()

const NODE = [20, 20]

/** Refuses a Node that is too old, before anything fails in a way that nobody understands. */
export function checkNode () {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) throw new Fault(`Node ${process.versions.node} is too old: ${NODE.join('.')} is needed.`)
}

/** Whether npm has yet to install what package-lock.json names. */
export function needsModules () {
  const installed = join(ROOT, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return true
  const names = (file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages)
  const have = Object.fromEntries(names(installed))
  return names(join(ROOT, 'package-lock.json')).some(([path, wanted]) => path !== '' && !wanted.optional && have[path]?.version !== wanted.version)
}

/** `npm ci`, telling each line. */
export async function installModules (log) {
  await tool('npm ci', 'npm', ['ci', '--no-audit', '--no-fund'], log)
}

/**
 * Types and build in one, into dist/. From scratch by default: an incremental build was seen to repeat an error
 * that a type declared in another file had already mended.
 * @param {{ incremental?: boolean }} [options]
 */
export async function build ({ incremental = false } = {}) {
  if (!incremental) rmSync(join(ROOT, 'dist', '.tsbuildinfo'), { force: true })
  await tool('The build', process.execPath, [join('scripts', 'build.mjs')])
}

/** The linter over the whole project. */
export async function lint () {
  await tool('The linter', process.execPath, [join('node_modules', 'eslint', 'bin', 'eslint.js'), '.'])
}

/** Runs one of the project's tools, ten minutes at most; all its words are in the Fault when it fails. */
async function tool (title, command, args, onLine) {
  const { exitCode, stdout, stderr } = await run(command, args, { cwd: ROOT, env: process.env, timeoutMs: 600_000, onLine, detached: false })
  if (exitCode !== 0) throw new Fault(`${title} failed (${exitCode ?? 'out of time'}):\n${(stdout + stderr).trimEnd()}`)
}
