// Runs the tests: npm test [-- FILTER…] · npm run test:all · see --help.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readCommandLine } from './lab/arguments.mjs'
import { Fault, tell } from './lab/fault.mjs'
import { HANDED_LAB, openLab } from './lab/open.mjs'
import { ensureLongFormTools, ensurePackages } from './lab/packages.mjs'
import { CORES, ROOT, build, checkNode, installModules, lint, needsModules } from './lab/project.mjs'
import { run } from './lab/run.mjs'
import { narrator } from './lab/say.mjs'
import { suite, wantsLab } from './lab/suite.mjs'
import { noTally, runTap } from './lab/tap.mjs'

const HELP = `Usage: npm test [-- OPTIONS] [FILTER…]

Sets up on first use, then runs types, lint and the tests. FILTER is a part of a test file's path:
with one, every file that matches runs, a long form too, and lint is left out.

  --all              the long forms too (test/long, test/faults)
  --long             the long forms only
  --budget SECONDS   for the whole run: a long form begins only while ten minutes are left
  --help
`
const FILE_TIMEOUT_S = 180
const LONG_FILE_TIMEOUT_S = 1800
const LONG_FILE_LEAST_S = 600
const BARMANS_TIMEOUT_MS = 180_000

const say = narrator()
const started = performance.now()
const stopping = new AbortController()
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) process.on(signal, () => stop(signal, code))

const total = noTally()
try {
  await main(readArguments())
} catch (error) {
  say.bad(tell(error))
  total.failed++
}
report()

async function main ({ filters, withShort, withLong, budgetS }) {
  checkNode()
  await setUp()
  stopping.signal.throwIfAborted()
  await say.step('Types and build', () => build({ incremental: filters.length > 0 }))
  const { short, long } = suite(ROOT, filters)
  const files = [...(withShort ? short : []), ...(withLong ? long : [])]
  if (files.length === 0) throw new Fault(`No test file matches ${filters.join(' ') || 'the choice'}.`)
  if (!withLong && long.length > 0) total.skipped.push(`long forms, which npm run test:all runs: ${long.map(plainName).join(', ')}`)
  const lab = wantsLab(ROOT, files) ? await startLab() : null
  try {
    if (filters.length > 0) total.skipped.push('lint, because only some files were chosen')
    else if (withShort) await check('Lint', lint)
    const env = { ...process.env, ...(lab && { [HANDED_LAB]: join(lab.folder, 'lab.json') }) }
    if (withShort && short.length > 0) await runShort(short, env)
    if (withLong && long.length > 0) await runLong(long, env, budgetS)
  } finally {
    await lab?.stop()
  }
}

/** What a fresh clone on a fresh machine lacks; only npm's packages are indispensable. */
async function setUp () {
  if (needsModules()) await say.step('Installing npm packages', installModules)
  await optional('real Barman and PostgreSQL', () => say.step('Looking for Barman and PostgreSQL', (log) => ensurePackages({ log })))
  const script = join(ROOT, 'test', 'support', 'barmans.mjs')
  if (existsSync(script)) await optional('other versions of Barman', () => say.step('Unpacking other versions of Barman', (log) => unpack(script, log)))
}

async function unpack (script, log) {
  const { exitCode, stderr } = await run(process.execPath, [script], { cwd: ROOT, env: process.env, timeoutMs: BARMANS_TIMEOUT_MS, onLine: log })
  if (exitCode !== 0) throw new Fault(stderr.trim() || 'it took too long')
}

async function startLab () {
  const { lab, skip } = await say.step('Starting a real PostgreSQL and Barman', (log) => openLab({ own: true, log }))
  if (skip) total.skipped.push(`tests with a real Barman and PostgreSQL: ${skip}`)
  return lab ?? null
}

async function runShort (files, env) {
  say.heading(`Tests: ${files.length} files, ${CORES} at a time`)
  add(await runTap(files, { root: ROOT, jobs: CORES, timeoutS: FILE_TIMEOUT_S, env, line: say.line, signal: stopping.signal }))
}

/** One by one, so that each has the machine for itself and the budget is known before each. */
async function runLong (files, env, budgetS) {
  await optional('programs of the long forms', () => say.step('Looking for the programs of the long forms', (log) => ensureLongFormTools({ log })))
  say.heading(`Long forms: ${files.length} files, one at a time`)
  for (const file of files) {
    const leftS = Math.floor(budgetS - (performance.now() - started) / 1000)
    if (leftS < LONG_FILE_LEAST_S) total.skipped.push(`${plainName(file)}: no time left`)
    else add(await runTap([file], { root: ROOT, jobs: 1, timeoutS: Math.min(LONG_FILE_TIMEOUT_S, leftS), env, line: say.line, signal: stopping.signal }))
  }
}

/** A check without assertions of its own: it counts when it fails, and the tests run all the same. */
async function check (title, work) {
  try {
    await say.step(title, () => work())
  } catch (error) {
    say.bad(tell(error))
    total.failed++
  }
  stopping.signal.throwIfAborted()
}

/** A part that may be missing here; the tests that need it are skipped, and this says so. */
async function optional (part, work) {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    total.skipped.push(`${part}: ${error.message}`)
  }
  stopping.signal.throwIfAborted()
}

function add ({ passed, failed, skipped }) {
  total.passed += passed
  total.failed += failed
  total.skipped.push(...skipped)
  stopping.signal.throwIfAborted()
}

function readArguments () {
  const options = { all: { type: 'boolean' }, long: { type: 'boolean' }, budget: { type: 'string' } }
  const { values, positionals } = readCommandLine(HELP, options, true)
  const budgetS = Number(values.budget ?? Infinity)
  if (!(budgetS > 0)) throw new Fault('--budget wants a number of seconds.')
  return { filters: positionals, withShort: !values.long, withLong: Boolean(values.all || values.long || positionals.length > 0), budgetS }
}

/** The first signal ends tap and then the lab, in this order; a second one does not wait for that. */
function stop (signal, code) {
  if (stopping.signal.aborted) process.exit(code)
  process.exitCode = code
  stopping.abort(new Fault(`Stopped by ${signal}.`))
}

function report () {
  if (total.passed + total.failed === 0) total.failed++
  if (total.skipped.length > 0) say.heading('Skipped')
  for (const line of total.skipped) say.line(`- ${line}`)
  say.line(`\n${((performance.now() - started) / 1000).toFixed(0)} s`)
  say.line(`${total.passed} passed, ${total.failed} failed`)
  if (total.failed > 0) process.exitCode ||= 1
}

function plainName (file) {
  return file.replace(/^dist\//, '').replace(/\.js$/, '.ts')
}
