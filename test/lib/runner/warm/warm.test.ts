import { chmodSync, copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { barmanEnvironment } from '../../../../lib/runner/environment.ts'
import { LocalRunner } from '../../../../lib/runner/local.ts'
import type { RunResult } from '../../../../lib/runner/runner.ts'
import { Warm } from '../../../../lib/runner/warm/warm.ts'
import { until } from '../support.ts'

t.setTimeout(60_000)

const env = barmanEnvironment({ HOME: '/', PATH: process.env['PATH'] })
const PROGRAM = fileURLToPath(new URL('./program.py', import.meta.url))
const skip = existsSync('/usr/bin/python3') ? false : 'there is no Python here'

/** A program in a folder of its own, its plain runner and a warm one, which is ready or has said why not. */
async function site (t: Test, { source = readFileSync(PROGRAM, 'utf8'), line = '#!/usr/bin/python3', proofs = [['--version'], ['--help']] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'barmanapi-warm-'))
  const command = join(folder, 'program')
  writeFileSync(command, `${line}\n${source}`, { mode: 0o755 })
  const runner = new LocalRunner(command, env)
  const said: string[] = []
  const log = { info: (object: unknown, text?: string) => { said.push(JSON.stringify([object, text])) }, warn: () => {} }
  const warm = new Warm({ command, env, plain: (argv, options) => runner.run(argv, options), proofs: async () => proofs, log })
  t.teardown(() => { warm.close(); rmSync(folder, { recursive: true }) })
  await warm.start()
  const call = (argv: readonly string[], options = {}) => warm.call(argv, { timeoutMs: 20_000, ...options })
  const plain = (argv: readonly string[]) => runner.run(argv, { timeoutMs: 20_000 })
  return { folder, command, warm, call, plain, said }
}

const answer = (result: RunResult | null) => result && { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr }

t.test('what it says is what a plain process says, byte for byte', { skip }, async (t) => {
  const { warm, call, plain } = await site(t)
  t.ok(warm.isReady)
  const calls = [['--version'], ['--help'], ['--nonsense'], ['where'], ['hooks'], ['logs'], ['fail'], ['text'], ['code'], ['much'], ['child'], ['die'],
    ['echo', '', ' ', "'", '"', '\\', '$HOME', '\n', 'é', '\u{1F600}', '-'], []]
  for (const argv of calls) t.strictSame(answer(await call(argv)), answer(await plain(argv)), JSON.stringify(argv))
})

t.test('calls at the same time do not mix', { skip }, async (t) => {
  const { call } = await site(t)
  const results = await Promise.all(Array.from({ length: 40 }, (_, n) => call(n % 4 ? ['echo', String(n)] : ['much'])))
  for (const [n, result] of results.entries()) {
    if (n % 4) t.equal(result?.stdout, `['${n}']\n`)
    else t.equal(result?.stdout.split('\n').length, 20_001)
  }
})

t.test('chance is not frozen', { skip }, async (t) => {
  const { call } = await site(t)
  const said = await Promise.all(Array.from({ length: 8 }, () => call(['chance'])))
  t.equal(new Set(said.flatMap((result) => result?.stdout.trim().split(' ') ?? [])).size, 16)
})

t.test('a call that hangs stops nobody else, and ends with its whole group', { skip }, async (t) => {
  const { call } = await site(t)
  const hanging = call(['hang'], { timeoutMs: 300 })
  t.match(await call(['echo', 'meanwhile']), { stdout: "['meanwhile']\n" })
  t.match(await hanging, { timedOut: true, exitCode: null, signal: 'SIGTERM', stdout: 'hanging\n' })
  const aborting = new AbortController()
  const aborted = call(['hang'], { signal: aborting.signal })
  aborting.abort()
  t.match(await aborted, { timedOut: false, signal: 'SIGTERM' })
  t.match(await call(['much'], { maxBytes: 1000 }), { tooLarge: true })
})

t.test('a daemon that a call leaves holds nobody up', { skip }, async (t) => {
  const { call } = await site(t)
  t.match(await call(['daemon'], { timeoutMs: 10_000 }), { exitCode: 0, stdout: 'left one behind\n', timedOut: false })
})

t.test('a program that changed is never mixed with what it was', { skip }, async (t) => {
  const { folder, command, warm, call } = await site(t)
  copyFileSync(command, join(folder, 'new'))
  writeFileSync(join(folder, 'new'), readFileSync(command, 'utf8').replace("version='1.0'", "version='2.0'"))
  chmodSync(join(folder, 'new'), 0o755)
  const running = call(['echo', 'x'])
  utimesSync(command, new Date(0), new Date(0))
  t.match([null, "['x']\n"], [(await running)?.stdout ?? null], 'what ran meanwhile is repeated, or was over')
  copyFileSync(join(folder, 'new'), command)
  const first = await call(['--version'])
  if (first) t.equal(first.stdout, '2.0\n')
  await until(() => warm.isReady)
  t.match(await call(['--version']), { stdout: '2.0\n' })
})

t.test('calls of a worker that is killed are lost, never half true, and another one follows', { skip }, async (t) => {
  const { command, warm, call } = await site(t)
  const inFlight = [call(['hang']), call(['hang'])]
  await until(() => workersOf(command).length > 2)
  for (const pid of workersOf(command)) process.kill(pid, 'SIGKILL')
  t.strictSame(await Promise.all(inFlight), [null, null])
  await until(() => warm.isReady)
  t.match(await call(['echo']), { stdout: '[]\n' })
})

t.test('nothing is left behind when the service is done with it', { skip }, async (t) => {
  const { command, warm, call } = await site(t)
  const lost = call(['hang'])
  await until(() => workersOf(command).length > 1)
  warm.close()
  t.equal(await lost, null)
  await until(() => workersOf(command).length === 0)
  t.equal(await call(['echo']), null)
})

t.test('what is no Python, cannot be imported, or answers otherwise is left to plain processes, and the log says why', { skip }, async (t) => {
  const cases: ReadonlyArray<readonly [Parameters<typeof site>[1], RegExp]> = [
    [{ line: '#!/bin/sh', source: 'echo 1.0' }, /no Python program/],
    [{ source: 'import nothing_of_this_name' }, /nothing_of_this_name/],
    [{ source: 'syntax error' }, /./],
    [{ source: 'import os; print(os.getppid())', proofs: [['x']] }, /answers differently/],
    [{ source: 'import os; os._exit(3)' }, /it ended/]
  ]
  for (const [options, reason] of cases) {
    const { warm, call, said } = await site(t, options)
    t.notOk(warm.isReady)
    t.equal(await call(['--version']), null)
    t.match(said.join(), reason)
  }
})

t.test('a call whose output goes to a file is none of its', { skip }, async (t) => {
  const { call, folder } = await site(t)
  t.equal(await call(['echo'], { stdoutFile: join(folder, 'out') }), null)
})

/** The processes that run the program. */
function workersOf (command: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(command) && readlinkSync(`/proc/${pid}/exe`).includes('python')
    } catch {
      return false // it ended
    }
  })
}
