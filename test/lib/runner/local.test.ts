import { randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { barmanEnvironment } from '../../../lib/runner/environment.ts'
import { LocalRunner } from '../../../lib/runner/local.ts'
import { end, folder, lives, membersOf, readText, until } from './support.ts'

const env = barmanEnvironment(process.env)
const runner = new LocalRunner('/bin/sh', env)
const run = (script: string, options: Partial<Parameters<LocalRunner['run']>[1]> = {}) => runner.run(['-c', script], { timeoutMs: 20_000, ...options })

t.test('a process that ends says how, and what it printed', async (t) => {
  t.match(await run('echo out; echo err >&2; exit 3'), { exitCode: 3, signal: null, stdout: 'out\n', stderr: 'err\n', timedOut: false, tooLarge: false, durationMs: Number })
  t.match(await run('kill -9 $$'), { exitCode: null, signal: 'SIGKILL' })
  t.match(await run('! read -r line'), { exitCode: 0 }, 'it reads nothing')
  t.match(await runner.run(['-c', 'printf "%s\\n" "$@"', 'sh', '$(id)', 'a b', '', '*'], { timeoutMs: 5000 }), { stdout: '$(id)\na b\n\n*\n' })
})

t.test('a time-out ends the whole group, what ignores SIGTERM too', async (t) => {
  for (const [what, script] of [
    ['obedient', 'echo $$; sleep 60 & sleep 60'],
    ['stubborn', 'trap "" TERM; echo $$; while :; do sleep 60; done'],
    ['leaving a stubborn child', 'echo $$; (trap "" TERM; while :; do sleep 60; done) & sleep 0.1; wait']
  ] as const) {
    const result = await run(script, { timeoutMs: 300 })
    t.match(result, { exitCode: null, timedOut: true, tooLarge: false }, what)
    t.ok(result.durationMs < 5_000, `${result.durationMs} ms`)
    const group = Number(result.stdout)
    t.ok(group > 1)
    await until(() => membersOf(group).length === 0)
  }
})

t.test('a process that prints more than it may is ended, and what it printed in time is kept', async (t) => {
  for (const stream of ['1', '2']) {
    const result = await run(`exec 1>&${stream}; while :; do printf 0123456789abcdef; done`, { maxBytes: 100_000 })
    t.match(result, { tooLarge: true, timedOut: false, exitCode: null })
    t.ok(result.stdout.length + result.stderr.length <= 100_000)
  }
  t.match(await run('printf 0123456789', { maxBytes: 10 }), { exitCode: 0, tooLarge: false, stdout: '0123456789' }, 'the bound itself is allowed')
})

t.test('no character is cut where the chunks are, and what is no UTF-8 does no harm', async (t) => {
  const split = 'printf "\\360\\237"; sleep 0.05; printf "\\230"; sleep 0.05; printf "\\200\\303"; sleep 0.05; printf "\\274"'
  t.equal((await run(split)).stdout, '😀ü')
  t.equal((await run('printf "a\\377b\\300c"')).stdout, 'a\ufffdb\ufffdc')
})

t.test('a daemon that keeps the pipe does not hold us, and lives', async (t) => {
  const result = await run('setsid sh -c "echo \\$\\$; exec sleep 60" & sleep 0.2; echo done')
  const [pid, said] = result.stdout.split('\n')
  t.teardown(() => end(Number(pid)))
  t.match(result, { exitCode: 0, timedOut: false })
  t.equal(said, 'done')
  t.ok(result.durationMs < 5_000, `${result.durationMs} ms`)
  t.ok(lives(Number(pid)))
})

t.test('a program that cannot be started is barman-unusable, in run and fingerprint', async (t) => {
  const base = folder(t)
  const plain = join(base, 'plain')
  writeFileSync(plain, '#!/bin/sh\n', { mode: 0o644 })
  const orphan = join(base, 'orphan')
  writeFileSync(orphan, '#!/no/such/interpreter\n', { mode: 0o755 })
  for (const command of ['/no/such/barman', plain, orphan, base]) {
    await t.rejects(new LocalRunner(command, env).run([], { timeoutMs: 1000 }), { name: 'AppError', code: 'barman-unusable' }, command)
    await t.rejects(new LocalRunner(command, env).run([], { timeoutMs: 1000, stdoutFile: join(base, 'out') }), { code: 'barman-unusable' }, command)
  }
  await t.rejects(new LocalRunner('/no/such/barman', env).fingerprint(), { code: 'barman-unusable', message: 'There is no program /no/such/barman' })
})

t.test('too many open files are barman-unusable too, and end nothing else', async (t) => {
  const limit = (soft: number) => execFileSync('prlimit', [`--pid=${process.pid}`, `--nofile=${soft}:`])
  const soft = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
  const opened: number[] = []
  limit(100)
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'))
  } catch {} // EMFILE
  await t.rejects(run('exit 0'), { code: 'barman-unusable' })
  opened.forEach((descriptor) => closeSync(descriptor))
  limit(soft)
  t.match(await run('exit 0'), { exitCode: 0 })
})

t.test('bytes go to a file, whole and ours alone', async (t) => {
  const base = folder(t)
  const file = join(base, 'wal')
  const source = randomBytes(16 * 1024 * 1024)
  writeFileSync(join(base, 'source'), source)
  t.match(await run(`cat '${join(base, 'source')}'`, { stdoutFile: file }), { exitCode: 0, stdout: '' })
  t.ok(readFileSync(file).equals(source))
  t.equal(statSync(file).mode & 0o777, 0o600)
  await t.rejects(run('echo more', { stdoutFile: file }), { code: 'EEXIST' }, 'never over another')
  t.equal(statSync(file).size, source.length)
})

t.test('a file that cannot be written ends the process, and is told', async (t) => {
  const base = folder(t)
  const witness = join(base, 'pid')
  const endless = `echo $$ >'${witness}'; trap "" PIPE; while :; do sleep 0.01; echo x; done 2>/dev/null`
  for (const [file, code] of [['/dev/full', 'EEXIST'], [join(base, 'missing', 'wal'), 'ENOENT']] as const) {
    await t.rejects(run(endless, { stdoutFile: file }), { code })
    const group = Number(readText(witness)) // 0 where it was ended before it could say so
    await until(() => group === 0 || membersOf(group).length === 0)
  }
})

t.test('whoever asked may end it, before or while it runs', async (t) => {
  const abort = new AbortController()
  const ended = run('echo $$; sleep 60 & wait', { signal: abort.signal })
  setTimeout(() => abort.abort(), 200)
  const result = await ended
  t.match(result, { exitCode: null, signal: 'SIGTERM', timedOut: false })
  await until(() => membersOf(Number(result.stdout)).length === 0)
  t.match(await run('sleep 60', { signal: AbortSignal.abort() }), { exitCode: null, signal: 'SIGTERM' })
})

t.test('a job runs detached in its own folder, wherever the program is named from', async (t) => {
  const base = folder(t)
  const program = join(base, 'barman')
  writeFileSync(program, '#!/bin/sh\necho "$COLUMNS $1"; exit 5\n')
  chmodSync(program, 0o755)
  const job = join(base, 'job')
  mkdirSync(job)
  const local = new LocalRunner(`./${relative(process.cwd(), program)}`, env)
  await local.start({ folder: job, argv: ['a b'] })
  await until(() => readText(join(job, 'exit')) !== '')
  t.equal(readText(join(job, 'stdout')), '10000 a b\n')
  t.match(readText(join(job, 'exit')), /^5 /)
  await until(async () => !await local.isAlive(job))
  t.match(await local.fingerprint(), { path: realpathSync(program), size: 37 })
})

t.test('a job is told alive, and ends with its group', async (t) => {
  const job = join(folder(t), 'job')
  mkdirSync(job)
  await runner.start({ folder: job, argv: ['-c', 'sleep 60 & echo ready; wait'] })
  await until(() => readText(join(job, 'stdout')) !== '')
  t.equal(await runner.isAlive(job), true)
  t.equal(await runner.kill(job, 'SIGTERM'), true)
  await until(async () => !await runner.isAlive(job))
  t.match(readText(join(job, 'exit')), /^143 /)
})

t.test('files and folders of the machine, null for what is not there or not ours', async (t) => {
  const base = folder(t)
  writeFileSync(join(base, 'barman.conf'), 'x')
  const local = new LocalRunner('/bin/sh', { ...env, HOME: base })
  t.strictSame(await local.readFile('~/barman.conf'), Buffer.from('x'))
  t.strictSame(await local.readFolder('~/'), ['barman.conf'])
  for (const path of [join(base, 'missing'), base, join(base, 'barman.conf', 'below')]) t.equal(await local.readFile(path), null, path)
  for (const path of [join(base, 'missing'), join(base, 'barman.conf')]) t.equal(await local.readFolder(path), null, path)
})
