import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * @typedef {object} Tally
 * @property {number} passed Assertions, as tap counts them.
 * @property {number} failed Assertions, and files that crashed, hung or tested nothing.
 * @property {string[]} skipped What was left out, with the reason.
 */

/** What a file that is out of time has for its teardowns. */
const GRACE_MS = 10_000

/** @returns {Tally} */
export const noTally = () => ({ passed: 0, failed: 0, skipped: [] })

/**
 * Runs compiled test files, each in a process of its own, tells each as it ends and each failure in full, and counts what they report.
 * A tap file is a program that prints TAP: Node alone runs it. tap's runner would load coverage hooks into every process, those that tests start too.
 * @param {string[]} files Relative to `root`.
 * @param {{ root: string, jobs: number, timeoutS: number, env?: object, line: (text: string) => void, signal?: AbortSignal }} options
 *   `timeoutS` is for each file; `signal` ends the run.
 * @returns {Promise<Tally>}
 */
export async function runTap (files, { jobs, line, signal, ...options }) {
  const total = noTally()
  const queue = [...files]
  const work = async () => {
    for (let file; !signal?.aborted && (file = queue.shift()) !== undefined;) {
      const { passed, failed, skipped, lines } = await runFile(file, { ...options, signal })
      total.passed += passed
      total.failed += failed
      total.skipped.push(...skipped)
      for (const text of lines) line(text)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return total
}

async function runFile (file, { root, timeoutS, env = process.env, signal }) {
  const started = performance.now()
  const report = new Report(nameOf(file))
  const child = spawn(process.execPath, ['--enable-source-maps', file], { cwd: root, env: { ...env, TAP: '1' }, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const ended = once(child, 'close')
  let late = false
  const end = () => { child.kill('SIGTERM'); setTimeout(killGroup, GRACE_MS, child.pid).unref() }
  const timer = setTimeout(() => { late = true; end() }, timeoutS * 1000)
  signal?.addEventListener('abort', end, { once: true })
  await report.read(child.stdout)
  const [code, by] = await ended
  clearTimeout(timer)
  signal?.removeEventListener('abort', end)
  killGroup(child.pid) // nothing that a test left behind disturbs the next one
  if (late) report.fail(`ran longer than ${timeoutS} s`)
  return report.close(code ?? by, performance.now() - started)
}

/** What one file said: its counts, and the lines to show of it. */
class Report {
  passed = 0
  failed = 0
  skipped = []
  lines = []
  #name
  #fault

  constructor (name) { this.#name = name }

  /** Reads TAP to its end: each assertion is a `result`, at whatever depth. */
  async read (stream) {
    const { Parser } = await import('tap-parser') // not at the top: nothing is installed yet when this file is first read
    const parser = new Parser()
    parser.on('result', (result) => this.#count(result))
    const complete = once(parser, 'complete')
    stream.pipe(parser)
    const [{ ok, plan, failures }] = await complete
    if (plan.skipAll && plan.skipReason !== 'no tests found') this.skipped.push(`${this.#name}: ${plan.skipReason}`)
    else if (!ok) this.#fault = failures.map(({ tapError, name }) => tapError ?? name).join('; ')
  }

  #count (result) {
    const name = result.fullname
    if (result.skip || result.todo) this.skipped.push(`${this.#name} > ${name}: ${reasonOf(result)}`)
    else if (!result.ok) this.fail(name, result.diag)
    else this.passed++
  }

  fail (name, diagnosis = {}) {
    this.failed++
    this.lines.push(`✗ ${this.#name} > ${name}`)
    const { diff, source, stack, exitCode, signal, expired, message } = diagnosis ?? {}
    const end = JSON.stringify({ exitCode, signal, expired, message })
    for (const text of [diff ?? (end === '{}' ? '' : end), source, stack]) if (text) this.lines.push(text.trimEnd().replace(/^/gm, '    '))
  }

  close (exit, ms) {
    if ((exit !== 0 || this.#fault) && this.failed === 0) this.fail(`ended with ${exit}`, { message: this.#fault })
    if (this.passed + this.failed + this.skipped.length === 0) this.fail('tests nothing')
    if (this.passed + this.failed === 0) return this
    const counts = `${this.passed} passed${this.failed === 0 ? '' : `, ${this.failed} failed`}`
    this.lines.push(`${this.failed === 0 ? '✓' : '✗'} ${this.#name}  ${counts} (${(ms / 1000).toFixed(1)} s)`)
    return this
  }
}

function killGroup (pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // nobody is left
  }
}

const reasonOf = ({ skip, todo }) => [skip, todo].find((word) => typeof word === 'string') ?? (skip ? 'skipped' : 'to do')
const nameOf = (path) => path.replace(/^dist\//, '').replace(/\.test\.js$/, '')
