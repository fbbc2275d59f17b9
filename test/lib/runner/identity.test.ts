import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { barmanEnvironment } from '../../../lib/runner/environment.ts'
import { forbidStart, groupOf, readIdentity } from '../../../lib/runner/identity.ts'
import { LocalRunner } from '../../../lib/runner/local.ts'
import { end, folder, lives, membersOf, readText, until, wrap, WRAPPER } from './support.ts'

const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
const OTHER_BOOT = '00000000-0000-4000-8000-000000000000'
const runner = new LocalRunner('/bin/false', barmanEnvironment(process.env))

t.test('a stranger who got the pid of a job is never signaled', async (t) => {
  const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  const pid = stranger.pid ?? NaN
  t.teardown(() => end(pid))
  const startTime = startTimeOf(pid)
  const job = folder(t)
  for (const [identity, what] of [
    [`${pid} ${BigInt(startTime) - 1n} ${BOOT}\n`, 'younger than the job'],
    [`${pid} ${BigInt(startTime) + 1n} ${BOOT}\n`, 'older than the job'],
    [`${pid} ${startTime} ${OTHER_BOOT}\n`, 'as old, but of another boot'],
    [`${pid} ${startTime} ${BOOT}`, 'of an identity that is torn'],
    [`${pid} ${startTime}\n`, 'of an identity that lacks the boot']
  ] as const) {
    writeFileSync(join(job, 'identity'), identity)
    t.equal(await groupOf(job), null, what)
    t.equal(await runner.isAlive(job), false, what)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) t.equal(await runner.kill(job, signal), false)
  }
  t.ok(lives(pid))
  writeFileSync(join(job, 'identity'), `${pid} ${startTime} ${BOOT}\n`)
  t.equal(await runner.kill(job, 'SIGKILL'), true, 'the very same is')
  await until(() => !lives(pid))
})

t.test('a process of a group that is older than the job, or of another session, is no orphan of it', async (t) => {
  const shell = spawn('setsid', ['sh', '-c', 'sleep 60 & echo $$; exit 0'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await once(shell.stdout, 'data') as [Buffer] // of a stream without an encoding
  const group = Number(line)
  t.teardown(() => end(group))
  await until(() => !lives(group) && membersOf(group).length === 1)
  const [orphan = NaN] = membersOf(group)
  const job = folder(t)
  writeFileSync(join(job, 'identity'), `${group} ${BigInt(startTimeOf(orphan)) + 1n} ${BOOT}\n`)
  t.equal(await groupOf(job), null)
  writeFileSync(join(job, 'identity'), `${group} ${startTimeOf(orphan)} ${BOOT}\n`)
  t.equal(await groupOf(job), group, 'one that is as young is')
})

t.test('a wrapper that nobody waited for is dead, but what it started lives', async (t) => {
  const job = join(folder(t), 'job')
  const { pid } = await unreaped(t, job)
  process.kill(pid, 'SIGKILL')
  await until(() => /^Z/.test(stateOf(pid)))
  t.equal(await groupOf(job), pid)
  writeFileSync(join(job, 'go'), '')
  await until(async () => await groupOf(job) === null)
  t.match(stateOf(pid), /^Z/, 'and still nobody waited')
})

t.test('a start that is forbidden never happens, and one that happened cannot be forbidden', async (t) => {
  const job = join(folder(t), 'job')
  mkdirSync(job)
  t.equal(await forbidStart(job), true)
  t.equal(await forbidStart(job), true, 'also when asked again')
  t.equal(await readIdentity(job), null)
  t.equal(await wrap(t, job, ['/bin/sh', '-c', 'echo ran']).ended, 73)
  t.equal(readText(join(job, 'stdout')), '')

  const begun = wrap(t, join(folder(t), 'job'), ['true'])
  await begun.ended
  t.equal(await forbidStart(begun.folder), false)
})

t.test('of a start and its prohibition at the same time exactly one comes true', async (t) => {
  const base = folder(t)
  const outcomes = await Promise.all(Array.from({ length: 40 }, async (_, n) => {
    const run = wrap(t, join(base, String(n)), ['/bin/sh', '-c', 'echo ran'])
    const sight = [null, 'lock', 'identity.part', 'identity'][n % 4] // at any moment of the start
    if (sight) await until(() => existsSync(join(run.folder, sight)) || run.child.exitCode !== null)
    const isForbidden = await forbidStart(run.folder)
    const code = await run.ended
    return { isForbidden, ran: run.read('stdout') === 'ran\n', code }
  }))
  for (const { isForbidden, ran, code } of outcomes) {
    t.equal(ran, !isForbidden)
    t.equal(code, isForbidden ? 73 : 0)
  }
  t.comment(`${outcomes.filter(({ isForbidden }) => isForbidden).length} of ${outcomes.length} were forbidden`)
})

/** A job whose wrapper's parent never waits for it. */
async function unreaped (t: Test, job: string): Promise<{ pid: number }> {
  mkdirSync(job)
  const parent = spawn('sh', ['-c', 'setsid sh "$0" "$1" sh -c ": >began; while ! [ -e go ]; do sleep 0.02; done" & exec sleep 60', WRAPPER, job], { detached: true, stdio: 'ignore' })
  t.teardown(() => end(parent.pid ?? NaN))
  await until(() => existsSync(join(job, 'began')))
  return { pid: (await readIdentity(job))?.pid ?? NaN }
}

function startTimeOf (pid: number): string {
  return stateOf(pid).split(' ')[19] ?? ''
}

/** The fields of a process from its state on. */
function stateOf (pid: number): string {
  const text = readText(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2)
}
