import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readIdentity } from '../../../lib/runner/identity.ts'
import { folder, lives, membersOf, pathOf, readText, SHELLS, until, wrap, WRAPPER } from './support.ts'

const HOSTILE = ['', ' ', '  a  b ', '*', '~', '?[a-z]', '$HOME', '$(touch pwned)', '`touch pwned`', '$' + '{x:-y}', "it's", '"', '\\', '\\\\n', 'a\nb', '\n', '\t',
  ';', '&', '|', '>pwned', '<x', '#', '!', '!!', '--', '-', '-n', '-e', '--opt=value', 'a=b', '%s%n', '\u0001\u007f', 'ü€😀', '{a,b}', '9>&-', 'exit', 'x'.repeat(100_000)]

t.setTimeout(120_000)

for (const { name, words: shell } of SHELLS) {
  t.test(`run.sh under ${shell.join(' ')}`, { skip: pathOf(name) ? false : `${name} is not installed` }, async (t) => {
    await testWords(t, shell)
    await testExits(t, shell)
    await testOutput(t, shell)
    await testOnce(t, shell)
    await testSignals(t, shell)
    await testLeftovers(t, shell)
    await testInheritance(t, shell)
  })
}

function testWords (t: Test, shell: readonly string[]) {
  return t.test('hands the program its words unchanged, and evaluates none', async (t) => {
    const base = folder(t)
    const program = join(base, 'a program; $(touch pwned)')
    writeFileSync(program, '#!/bin/sh\nprintf "%s\\0" "$@"\n', { mode: 0o755 })
    const run = wrap(t, join(base, 'a job $(touch pwned)'), [program, ...HOSTILE], shell)
    t.equal(await run.ended, 0)
    t.strictSame(run.read('stdout').split('\0').slice(0, -1), HOSTILE)
    t.strictSame(readdirSync(base, { recursive: true }).filter((file) => /pwned$/.test(String(file))), [])
  })
}

function testExits (t: Test, shell: readonly string[]) {
  return t.test('records the exit code, 128 and more for a signal', async (t) => {
    const base = folder(t)
    for (const [script, code] of [['exit 0', 0], ['exit 1', 1], ['exit 2', 2], ['exit 143', 143], ['exit 255', 255], ['kill -9 $$', 137], ['kill -15 $$', 143], ['kill -2 $$', 130], ['kill -11 $$', 139]] as const) {
      const before = Math.floor(Date.now() / 1000)
      const run = wrap(t, join(base, script), ['/bin/sh', '-c', `ulimit -c 0; ${script}`], shell)
      t.equal(await run.ended, code, script)
      t.equal(run.recorded(), code, script)
      const at = Number(run.read('exit').split(' ')[1])
      t.ok(at >= before && at <= Math.ceil(Date.now() / 1000), `the time is that of the end: ${at}`)
    }
    const missing = wrap(t, join(base, 'missing'), ['/no/such/program'], shell)
    t.equal(await missing.ended, 127)
    t.equal(missing.recorded(), 127)
    t.match(missing.read('stderr'), /no\/such\/program.*not found|No such file/)
    t.equal(await wrap(t, base, ['true'], shell, { PATH: '/nowhere' }).ended, 71, 'without flock nothing runs')
  })
}

function testOutput (t: Test, shell: readonly string[]) {
  return t.test('appends both streams to files of the owner, and reads `stdin` or nothing', async (t) => {
    const base = folder(t)
    const job = join(base, 'job')
    mkdirSync(job)
    writeFileSync(join(job, 'stdout'), 'before\n')
    writeFileSync(join(job, 'stdin'), 'sent')
    const run = wrap(t, job, ['/bin/sh', '-c', 'cat; echo wrong >&2; umask'], shell)
    await run.ended
    t.equal(run.read('stdout'), 'before\nsent0077\n')
    t.equal(run.read('stderr'), 'wrong\n')
    t.strictSame(readdirSync(job).sort(), ['exit', 'identity', 'lock', 'stderr', 'stdin', 'stdout'])

    t.equal(await wrap(t, join(base, 'no-stdin'), ['/bin/sh', '-c', '! read -r line'], shell).ended, 0, 'nothing to read is an end of file')
    const idle = join(base, 'idle')
    mkdirSync(idle)
    writeFileSync(join(idle, 'stdin'), Buffer.alloc(1 << 20))
    t.equal(await wrap(t, idle, ['true'], shell).ended, 0, 'a program that reads nothing of a megabyte')
  })
}

function testOnce (t: Test, shell: readonly string[]) {
  return t.test('never runs a ticket twice', async (t) => {
    const base = folder(t)
    const calls = join(base, 'calls')
    const once = ['/bin/sh', '-c', `echo ran >>'${calls}'; ${waitForGo(base)}`]
    const job = join(base, 'job')
    const runs = Array.from({ length: 20 }, () => wrap(t, job, once, shell))
    await until(() => readText(calls) !== '')
    t.equal(await wrap(t, job, once, shell).ended, 72, 'while it runs')
    t.equal(runs.filter(({ child }) => child.exitCode === null || child.exitCode === 72 || child.exitCode === 73).length, 20)
    letGo(base)
    const codes = await Promise.all(runs.map(({ ended }) => ended))
    t.equal(codes.filter((code) => code === 0).length, 1, `of twenty at once: ${codes.join(' ')}`)
    t.strictSame(new Set(codes.filter((code) => code !== 0 && code !== 72 && code !== 73)), new Set())
    t.equal(await wrap(t, job, once, shell).ended, 73, 'after it ran')
    t.equal(readText(calls), 'ran\n')

    const forbidden = join(base, 'forbidden')
    mkdirSync(forbidden)
    writeFileSync(join(forbidden, 'identity'), '')
    t.equal(await wrap(t, forbidden, once, shell).ended, 73, 'where an identity stands already')
    const [command = '', ...words] = shell
    t.equal(spawnSync(command, [...words, WRAPPER, join(base, 'missing'), ...once]).status, 70, 'without a folder')
    t.equal(readText(calls), 'ran\n')
  })
}

function testSignals (t: Test, shell: readonly string[]) {
  return t.test('survives what is meant for the program, and records how that ended', async (t) => {
    const base = folder(t)
    for (const [signal, unheeded] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
      const heeds = wrap(t, join(base, signal), ['/bin/sh', '-c', `trap 'echo caught; exit 5' ${signal.slice(3)}; echo ready; while :; do sleep 0.02; done`], shell)
      await until(() => heeds.read('stdout') !== '')
      process.kill(-heeds.pid, signal)
      t.equal(await heeds.ended, 5)
      t.equal(heeds.recorded(), 5)
      t.equal(heeds.read('stdout'), 'ready\ncaught\n')

      const dies = wrap(t, join(base, `${signal}-2`), ['/bin/sh', '-c', 'echo ready; exec sleep 60'], shell)
      await until(() => dies.read('stdout') !== '')
      process.kill(-dies.pid, signal)
      t.equal(await dies.ended, unheeded)
      t.equal(dies.recorded(), unheeded)
    }
    const killed = wrap(t, join(base, 'killed'), ['/bin/sh', '-c', 'echo $$; exec sleep 60'], shell)
    await until(() => killed.read('stdout') !== '')
    process.kill(Number(killed.read('stdout')), 'SIGKILL')
    t.equal(await killed.ended, 137)
    t.equal(killed.recorded(), 137, 'kill -9 of the program')
  })
}

function testLeftovers (t: Test, shell: readonly string[]) {
  return t.test('ends what the program leaves in its group, and nothing else', async (t) => {
    const base = folder(t)
    const meek = wrap(t, join(base, 'meek'), ['/bin/sh', '-c', 'sleep 60 & echo $!; exit 4'], shell)
    t.equal(await meek.ended, 4)
    t.equal(meek.recorded(), 4)
    t.notOk(lives(Number(meek.read('stdout'))))

    const stubborn = wrap(t, join(base, 'stubborn'), ['/bin/sh', '-c', '(trap "" TERM; echo ready; while :; do sleep 60; done) & while ! [ -s stdout ]; do :; done; exit 6'], shell)
    await stubborn.ended
    t.equal(stubborn.recorded(), 6)
    await until(() => membersOf(stubborn.pid).length === 0)

    const daemon = wrap(t, join(base, 'daemon'), ['/bin/sh', '-c', 'setsid sleep 60 >/dev/null 2>&1 & echo $!; while [ "$(ps -o sid= -p $!)" -ne $! ]; do :; done'], shell)
    t.equal(await daemon.ended, 0)
    const pid = Number(daemon.read('stdout'))
    t.ok(lives(pid), 'a daemon with a session of its own lives on')
    process.kill(pid, 'SIGKILL')

    const odd = wrap(t, join(base, 'odd'), ['/bin/sh', '-c', '(printf "a\\nb) (c" >/proc/self/comm; while :; do sleep 60; done) & while ! grep -q "^b" /proc/$!/comm; do :; done; exit 8'], shell)
    t.equal(await odd.ended, 8, 'whatever its name')
    t.strictSame(membersOf(odd.pid), [])
  })
}

function testInheritance (t: Test, shell: readonly string[]) {
  return t.test('lends the program neither the lock nor an ignored signal', async (t) => {
    const run = wrap(t, join(folder(t), 'job'), ['/bin/sh', '-c', '[ -e /proc/$$/fd/9 ] && echo locked; grep SigIgn /proc/$$/status'], shell)
    await run.ended
    t.match(run.read('stdout'), /^SigIgn:\s0{16}\n$/)
  })
}

t.test('the identity is that of the wrapper, whatever its name', async (t) => {
  const base = folder(t)
  for (const name of ['sh', 'a) (b', ') S 1 1', '1 2 3']) {
    const shell = join(base, name)
    copyFileSync(realpathSync('/bin/sh'), shell)
    chmodSync(shell, 0o755)
    const job = join(base, `job of ${name}`)
    const run = wrap(t, job, ['/bin/sh', '-c', waitForGo(job)], [shell])
    await until(async () => (await readIdentity(run.folder)) !== null)
    const stat = readText(`/proc/${run.pid}/stat`)
    t.match(await readIdentity(run.folder), {
      pid: run.pid,
      startTime: String(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]),
      bootId: readText('/proc/sys/kernel/random/boot_id').trim()
    }, stat.slice(0, 30))
    letGo(job)
    t.equal(await run.ended, 0)
  }
})

/** A program's loop until `letGo` of the same folder. */
function waitForGo (base: string): string {
  return `while ! [ -e '${base}/go' ]; do sleep 0.02; done`
}

function letGo (base: string): void {
  writeFileSync(join(base, 'go'), '')
}
