import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lutimesSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { withLock } from '../../../lib/users/lock-file.ts'
import { folder, until } from './support.ts'

const lock = (t: Test) => join(folder(t), 'x.lock')

/** The lock as a holder leaves it, with some of it altered. */
async function leave (path: string, alter: (holder: Record<string, unknown>) => object): Promise<void> {
  const holder = await withLock(path, async () => JSON.parse(readlinkSync(path)))
  symlinkSync(JSON.stringify(alter(holder)), path)
}

async function deadPid (): Promise<number> {
  const child = spawn('true')
  await once(child, 'close')
  return child.pid ?? 0
}

t.test('one work at a time, and the lock is gone after it, also after a failure', async (t) => {
  const path = lock(t)
  let running = 0
  const results = await Promise.all(Array.from({ length: 20 }, (_, n) => withLock(path, async () => {
    t.equal(++running, 1)
    await new Promise(setImmediate)
    running--
    return n
  })))
  t.strictSame(results, Array.from({ length: 20 }, (_, n) => n))
  await t.rejects(withLock(path, async () => { throw new Error('no') }), { message: 'no' })
  t.strictSame(readdirSync(dirname(path)), [])
})

t.test('the lock of a dead process is taken over', async (t) => {
  const path = lock(t)
  const pid = await deadPid()
  await leave(path, (holder) => ({ ...holder, pid }))
  t.equal(await withLock(path, async () => 'mine'), 'mine')
  t.strictSame(readdirSync(dirname(path)), [])
})

t.test('the lock of a process whose number another has now is taken over', async (t) => {
  const path = lock(t)
  await leave(path, (holder) => ({ ...holder, startTime: '1' }))
  t.equal(await withLock(path, async () => 'mine'), 'mine')
})

t.test('the lock of a living process is waited for', async (t) => {
  const path = lock(t)
  await leave(path, (holder) => holder) // this very process
  let done = false
  const work = withLock(path, async () => { done = true })
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(done)
  unlinkSync(path)
  await work
  t.ok(done)
})

t.test('of a holder elsewhere only the age tells', async (t) => {
  const path = lock(t)
  for (const content of [{ pid: 1, startTime: '1', place: 'another machine' }, 'nonsense']) {
    symlinkSync(JSON.stringify(content), path)
    let done = false
    const work = withLock(path, async () => { done = true })
    await new Promise((resolve) => setImmediate(resolve))
    t.notOk(done, 'young')
    const old = Date.now() / 1000 - 60
    lutimesSync(path, old, old)
    await work
    t.ok(done, 'old')
  }
})

t.test('many that find the same dead holder come one after the other', async (t) => {
  const path = lock(t)
  const pid = await deadPid()
  await leave(path, (holder) => ({ ...holder, pid }))
  let running = 0
  await Promise.all(Array.from({ length: 30 }, () => withLock(path, async () => {
    t.equal(++running, 1)
    await new Promise(setImmediate)
    running--
  })))
  await until(() => readdirSync(dirname(path)).length === 0)
})
