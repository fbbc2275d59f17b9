import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { barmanEnvironment } from '../../../lib/runner/environment.ts'
import { readIdentity } from '../../../lib/runner/identity.ts'
import { LocalRunner } from '../../../lib/runner/local.ts'
import { folder, readText, until, wrap } from './support.ts'

const runner = new LocalRunner('/bin/false', barmanEnvironment(process.env))
const PROGRAM = 'echo $$; while ! [ -e go ]; do sleep 0.02; done; exit 7'

t.test('kill -9 of the wrapper: the job is alive until its program ends, and then has no exit record', async (t) => {
  const run = wrap(t, join(folder(t), 'job'), ['/bin/sh', '-c', PROGRAM])
  await until(() => run.read('stdout') !== '')
  process.kill(run.pid, 'SIGKILL')
  t.equal(await run.ended, 'SIGKILL')
  t.equal(await runner.isAlive(run.folder), true)
  t.equal(await runner.forbid(run.folder), false, 'it has begun')
  t.equal(await wrap(t, run.folder, ['/bin/sh', '-c', PROGRAM]).ended, 73, 'nor does it run again')
  writeFileSync(join(run.folder, 'go'), '')
  await until(async () => !await runner.isAlive(run.folder))
  t.equal(run.recorded(), null)
  t.equal(await runner.kill(run.folder, 'SIGKILL'), false)
})

t.test('kill -9 of the wrapper: its program can be ended all the same', async (t) => {
  const run = wrap(t, join(folder(t), 'job'), ['/bin/sh', '-c', 'sleep 60 & echo $$; wait'])
  await until(() => run.read('stdout') !== '')
  process.kill(run.pid, 'SIGKILL')
  await run.ended
  t.equal(await runner.kill(run.folder, 'SIGTERM'), true)
  await until(async () => !await runner.isAlive(run.folder))
})

t.test('a full disk', { skip: whyNoMount() }, async (t) => {
  await t.test('at the end: the exit code is recorded', async (t) => {
    const disk = mount(t, 'size=64k')
    const job = join(disk, 'job')
    const run = wrap(t, job, ['/bin/sh', '-c', 'cat /dev/zero >../fill 2>/dev/null; echo more || exit 7'])
    t.equal(await run.ended, 7)
    t.equal(run.recorded(), 7)
  })
  await t.test('of names, at the end: the exit code is recorded', async (t) => {
    const disk = mount(t, 'size=1m,nr_inodes=20')
    const run = wrap(t, join(disk, 'job'), ['/bin/sh', '-c', 'n=0; while : >"../$n"; do n=$((n + 1)); done 2>/dev/null; [ $n -gt 5 ] && exit 9'])
    await run.ended
    t.ok(readdirSync(disk).length > 5)
    t.match(run.recorded(), Number)
  })
  for (const [what, options, fill] of [['of bytes', 'size=64k', 'cat /dev/zero >fill'], ['of names', 'size=1m,nr_inodes=4', 'touch 1 2 3']] as const) {
    await t.test(`${what}, at the start: the program never runs`, async (t) => {
      const disk = mount(t, options)
      const job = join(disk, 'job')
      mkdirSync(job)
      execFileSync('sh', ['-c', `cd '${disk}'; ${fill}; exit 0`], { stdio: 'ignore' })
      const run = wrap(t, job, ['/bin/sh', '-c', 'echo ran >/proc/self/fd/1; exit 0'])
      t.equal(await run.ended, 74)
      t.equal(await readIdentity(job), null)
      t.equal(run.recorded(), null)
      t.equal(run.read('stdout'), '')
    })
  }
})

t.test('a read-only folder: the program never runs', { skip: whyNoMount() }, async (t) => {
  const disk = mount(t, 'size=64k')
  const job = join(disk, 'job')
  const witness = join(folder(t), 'ran')
  mkdirSync(job)
  execFileSync('mount', ['-o', 'remount,ro', disk])
  for (const shell of [['dash'], ['bash', '--posix']]) t.equal(await wrap(t, job, ['/bin/sh', '-c', `echo ran >'${witness}'`], shell).ended, 74)
  t.equal(readText(witness), '')
  await t.rejects(runner.forbid(job), { code: 'EROFS' })
})

/** Why no file system can be mounted here, or false. */
function whyNoMount (): string | false {
  if (process.getuid?.() !== 0) return 'only root may mount a small disk'
  try {
    execFileSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d" && rmdir "$d"'], { stdio: 'ignore' })
    return false
  } catch {
    return 'no file system can be mounted here'
  }
}

/** A small disk of its own, gone after the test. */
function mount (t: Test, options: string): string {
  const path = join(folder(t), 'disk')
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', path])
  t.teardown(() => { execFileSync('umount', ['--lazy', path]) })
  return path
}
