import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Fault } from './fault.mjs'

/**
 * @typedef {object} Tally
 * @property {number} passed Assertions, as tap counts them.
 * @property {number} failed Assertions, and files that crashed, hung or tested nothing.
 * @property {string[]} skipped What was left out, with the reason.
 */

/** As tap says it of a file that has ended well without a single test, which is no success here. */
const NO_TESTS = 'no tests found'

/** @returns {Tally} */
export const noTally = () => ({ passed: 0, failed: 0, skipped: [] })

/**
 * Runs compiled test files under tap, tells each file as it ends and each failure in full, and counts what tap reports.
 * @param {string[]} files Relative to `root`.
 * @param {{ root: string, jobs: number, timeoutS: number, env?: object, line: (text: string) => void, signal?: AbortSignal }} options
 *   `timeoutS` is for each file; `signal` ends the run.
 * @returns {Promise<Tally>}
 */
export async function runTap (files, { root, jobs, timeoutS, env = process.env, line, signal }) {
  const tally = noTally()
  const parser = await reader(tally, line)
  const tap = join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
  const args = [tap, 'run', '--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeoutS}`, ...files]
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const end = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', end, { once: true })
  const [exitCode] = await Promise.all([exit(child), finish(parser, child.stdout)])
  signal?.removeEventListener('abort', end)
  if (exitCode !== 0 && tally.failed === 0) fail(tally, line, `tap ended with ${exitCode}`)
  return tally
}

/** Reads tap's own stream: every assertion is a `result`, a file that crashes as well; every file is a `child` and then an `assert`. */
async function reader (tally, line) {
  const { Parser } = await import('tap-parser') // not at the top: nothing is installed yet when this file is first read
  const parser = new Parser()
  let before = noTally()
  parser.on('child', () => { before = { ...tally } })
  parser.on('result', (result) => count(result, tally, line))
  parser.on('assert', (closing) => {
    const passed = tally.passed - before.passed
    const failed = tally.failed - before.failed
    if (passed + failed > 0) line(`${closing.ok ? '✓' : '✗'} ${nameOf(closing.name)}  ${passed} passed${failed === 0 ? '' : `, ${failed} failed`}${seconds(closing.time)}`)
  })
  return parser
}

function count (result, tally, line) {
  const name = nameOf(result.fullname)
  if (result.skip === NO_TESTS) return fail(tally, line, `${name} tests nothing`)
  if (result.skip || result.todo) return tally.skipped.push(`${name}: ${reasonOf(result)}`)
  if (!result.ok) return fail(tally, line, name, result.diag)
  tally.passed++
}

function fail (tally, line, name, diagnosis = {}) {
  tally.failed++
  line(`✗ ${name}`)
  const { diff, source, stack, exitCode, signal, expired, message } = diagnosis ?? {}
  const end = JSON.stringify({ exitCode, signal, expired, message })
  for (const text of [diff ?? (end === '{}' ? '' : end), source, stack]) if (text) line(text.trimEnd().replace(/^/gm, '    '))
}

function exit (child) {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new Fault(`Cannot run tap: ${cause.message}.`, { cause })))
    child.on('exit', (code, signal) => resolve(code ?? signal))
  })
}

const finish = (parser, stream) => new Promise((resolve) => { stream.pipe(parser.on('complete', resolve)) })

const reasonOf = ({ skip, todo }) => [skip, todo].find((word) => typeof word === 'string') ?? (skip ? 'skipped' : 'to do')
const nameOf = (path) => path.replace(/^dist\//, '').replace(/\.test\.js/, '')
const seconds = (ms) => ms === null ? '' : ` (${(ms / 1000).toFixed(1)} s)`
