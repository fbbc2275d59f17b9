import fs, { open } from 'node:fs/promises'
import { existsSync, linkSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { KeptFiles } from '../../../lib/edits/kept-files.ts'
import type { FileEdit } from '../../../lib/edits/put-file.ts'

const OLD = '[a]\nk = 1\n'
const NEW = '[a]\nk = a longer value\n'
const quiet = { info () {}, warn () {} }

function makeFiles (t: Pick<Test, 'testdir'>, isLinked = false): { kept: KeptFiles, folder: string, edits: FileEdit[] } {
  const folder = t.testdir()
  const paths = ['one.conf', 'two.conf'].map((name) => join(folder, name))
  for (const path of paths) {
    writeFileSync(path, OLD)
    if (isLinked) linkSync(path, `${path}-twin`)
  }
  const edits = [...paths.map((path) => ({ path, before: OLD, after: NEW })), { path: join(folder, 'three.conf'), before: null, after: NEW }]
  return { kept: new KeptFiles({ folder: join(folder, 'kept'), log: quiet }), folder, edits }
}

const textOf = (path: string) => existsSync(path) ? readFileSync(path, 'utf8') : null

t.test('an edit is kept, listed newest first, and can be read again', async (t) => {
  const { kept, folder, edits } = makeFiles(t)
  const { id, isAtomic } = await kept.exclusively(() => kept.apply('ann', 'change', edits))
  t.ok(isAtomic)
  t.same(edits.map(({ path }) => textOf(path)), [NEW, NEW, NEW])
  const { id: later } = await kept.exclusively(() => kept.apply('bob', 'restore', edits.map(({ path, before, after }) => ({ path, before: after, after: before }))))
  t.same(edits.map(({ path }) => textOf(path)), [OLD, OLD, null])
  t.match(await kept.list(), [{ id: later, user: 'bob' }, { id, user: 'ann', action: 'change', files: edits }])
  t.match(await kept.get(id), { v: 1, id })
  await t.rejects(kept.get('../one'), { code: 'not-found' })
  t.same(readdirSync(join(folder, 'kept')).length, 2)
  t.equal(statSync(join(folder, 'kept', `${id}.json`)).mode & 0o777, 0o600, 'it may hold secrets')
})

t.test('of several files all are changed or none', async (t) => {
  const { kept, edits } = makeFiles(t)
  const [, second] = edits
  writeFileSync(second?.path ?? '', 'by hand')
  await t.rejects(kept.exclusively(() => kept.apply('ann', 'change', edits)), { code: 'file-changed' })
  t.same(edits.map(({ path }) => textOf(path)), [OLD, 'by hand', null])
  t.same(await kept.list(), [])
})

for (const isLinked of [false, true]) {
  t.test(`a service that dies at any step ${isLinked ? 'of writing in place' : 'of a replacement'} leaves all old or all new files, once started again`, async (t) => {
    const ends = { old: 0, new: 0 }
    for (let step = 1; ; step++) {
      const { kept, folder, edits } = makeFiles({ testdir: () => t.testdir({}) }, isLinked)
      const isDead = await dyingAt(step, () => kept.exclusively(() => kept.apply('ann', 'change', edits)))
      if (!isDead) break
      if (!isLinked) for (const { path, before, after } of edits) t.ok([before, after].includes(textOf(path)), `step ${step}: ${path} is old or new at every moment`)
      rmSync(join(folder, 'kept', '.lock'), { force: true }) // of a dead holder; this process lives on
      await new KeptFiles({ folder: join(folder, 'kept'), log: quiet }).recover()
      const texts = edits.map(({ path }) => textOf(path))
      const isOld = JSON.stringify(texts) === JSON.stringify([OLD, OLD, null])
      t.ok(isOld || JSON.stringify(texts) === JSON.stringify([NEW, NEW, NEW]), `step ${step}: ${JSON.stringify(texts)}`)
      ends[isOld ? 'old' : 'new']++
      t.notOk(readdirSync(join(folder, 'kept')).some((name) => name.endsWith('.pending')))
    }
    t.ok(ends.old > 20 && ends.new > 1, JSON.stringify(ends))
  })
}

/** Lets the steps of node:fs fail from the given one on, as those of a dead process do; false where the work came to its end. */
async function dyingAt (step: number, work: () => Promise<unknown>): Promise<boolean> {
  let count = 0
  const undo: Array<() => void> = []
  const probe = await open('/dev/null')
  const handles = Object.getPrototypeOf(probe) as Record<string, unknown>
  await probe.close()
  const owners = [[fs as unknown as Record<string, unknown>, ['open', 'rename', 'unlink', 'link', 'readdir', 'stat', 'realpath']], [handles, ['write', 'writeFile', 'sync', 'truncate', 'chmod', 'utimes']]] as const
  for (const [owner, names] of owners) {
    for (const name of names) {
      const real = owner[name] as (...args: unknown[]) => unknown // a method of node:fs
      owner[name] = function (this: unknown, ...args: unknown[]) {
        if (++count >= step) return Promise.reject(Object.assign(new Error(`dead at ${name}`), { code: 'EDEAD' }))
        return real.apply(this, args)
      }
      undo.push(() => { owner[name] = real })
    }
  }
  syncBuiltinESMExports()
  try {
    await work()
    return count >= step
  } catch {
    return true
  } finally {
    for (const each of undo) each()
    syncBuiltinESMExports()
  }
}
