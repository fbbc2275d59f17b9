import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { isBetween, putFile } from '../../../lib/edits/put-file.ts'

const DRIVER = fileURLToPath(new URL('./driver.js', import.meta.url))
const OLD = '[a]\nk = 1\n'
const NEW = '[a]\nk = a longer value\n'
const isRoot = userInfo().uid === 0
const notRoot = isRoot ? false : 'only root can make files of others'

function makeFile (t: Test): { folder: string, path: string } {
  const folder = t.testdir()
  const path = join(folder, 'barman.conf')
  writeFileSync(path, OLD, { mode: 0o640 })
  return { folder, path }
}

t.test('a file is replaced as a whole, and keeps mode, owner and extended attributes', async (t) => {
  const { folder, path } = makeFile(t)
  chmodSync(path, 0o604)
  if (isRoot) chownSync(path, 12345, 54321)
  const hasAttributes = isRoot && can(() => execFileSync('python3', ['-c', 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"mine")', path], { stdio: 'ignore' }))
  utimesSync(path, 1, 1)
  const before = statSync(path)
  t.equal(await putFile({ path, before: OLD, after: NEW }), true)
  const after = statSync(path)
  t.equal(readFileSync(path, 'utf8'), NEW)
  t.match(after, { mode: before.mode, uid: before.uid, gid: before.gid })
  t.not(after.ino, before.ino)
  t.ok(after.mtimeMs > 1e12, 'but the time is that of the change')
  if (hasAttributes) t.equal(String(execFileSync('python3', ['-c', 'import os, sys; print(os.getxattr(sys.argv[1], "user.note").decode(), end="")', path])), 'mine')
  t.same(readdirSync(folder), ['barman.conf'])
})

t.test('a symbolic link stays one, and what an earlier crash left goes', async (t) => {
  const { folder, path } = makeFile(t)
  mkdirSync(join(folder, 'd'))
  symlinkSync(path, join(folder, 'd', 'link.conf'))
  writeFileSync(join(folder, '.barman.conf.barmanapi-0123456789ab'), 'half')
  await putFile({ path: join(folder, 'd', 'link.conf'), before: OLD, after: NEW })
  t.ok(lstatSync(join(folder, 'd', 'link.conf')).isSymbolicLink())
  t.equal(readFileSync(path, 'utf8'), NEW)
  t.same(readdirSync(folder).sort(), ['barman.conf', 'd'])
})

t.test('a file with another hard link is written in place, longer and shorter', async (t) => {
  const { folder, path } = makeFile(t)
  linkSync(path, join(folder, 'twin'))
  t.equal(await putFile({ path, before: OLD, after: NEW }), false)
  t.equal(readFileSync(join(folder, 'twin'), 'utf8'), NEW)
  t.equal(await putFile({ path, before: NEW, after: OLD }), false)
  t.equal(readFileSync(join(folder, 'twin'), 'utf8'), OLD)
})

t.test('a mounted file, as in a container, is written in place', { skip: !isRoot || !canMount() ? 'nothing can be mounted here' : false }, async (t) => {
  const { folder, path } = makeFile(t)
  const told = execFileSync('unshare', ['-m', 'sh', '-c', 'mount --bind "$1" "$1" && shift && exec "$@"', 'sh', path, process.execPath, DRIVER, join(folder, 'kept'), JSON.stringify([{ path, before: OLD, after: NEW }])])
  t.match(JSON.parse(String(told)), { isAtomic: false })
  t.equal(readFileSync(path, 'utf8'), NEW)
})

t.test('a file of another owner is written in place where it may be, and else refused with whose it is', { skip: notRoot }, async (t) => {
  const { folder, path } = makeFile(t)
  chmodSync(folder, 0o777)
  mkdirSync(join(folder, 'kept'), { mode: 0o777 })
  chmodSync(join(folder, 'kept'), 0o777)
  chmodSync(path, 0o646)
  const asNobody = (before: string, after: string) => JSON.parse(String(execFileSync(process.execPath, [DRIVER, join(folder, 'kept'), JSON.stringify([{ path, before, after }])], { uid: 65534, gid: 65534 }))) as object
  if (!can(() => execFileSync(process.execPath, ['-e', `import(${JSON.stringify(DRIVER)})`], { uid: 65534, gid: 65534, stdio: 'ignore' }))) return t.pass('another account cannot read the project here')
  t.match(asNobody(OLD, NEW), { isAtomic: false })
  t.match(statSync(path), { uid: 0 })
  t.equal(readFileSync(path, 'utf8'), NEW)
  chmodSync(path, 0o644)
  t.match(asNobody(NEW, OLD), { code: 'file-not-writable', message: /cannot be written \(EACCES\); it belongs to root \(uid 0\), mode 644/ })
  t.equal(readFileSync(path, 'utf8'), NEW)
})

t.test('what somebody else wrote meanwhile is never overwritten', async (t) => {
  const { folder, path } = makeFile(t)
  for (const links of [1, 2]) {
    if (links === 2) linkSync(path, join(folder, 'twin'))
    await t.rejects(putFile({ path, before: 'other\n', after: NEW }), { name: 'FileChanged' })
    t.equal(readFileSync(path, 'utf8'), OLD)
  }
  await t.rejects(putFile({ path, before: null, after: NEW }), { name: 'FileChanged' }, 'a new file is new')
  await t.rejects(putFile({ path, before: NEW, after: null }), { name: 'FileChanged' })
  t.same(readdirSync(folder).sort(), ['barman.conf', 'twin'])
})

t.test('files are made and removed', async (t) => {
  const path = join(t.testdir(), 'new.conf')
  t.equal(await putFile({ path, before: null, after: NEW, mode: 0o604 }), true)
  t.equal(statSync(path).mode & 0o777, 0o604)
  t.equal(await putFile({ path, before: NEW, after: null }), true)
  t.notOk(existsSync(path))
})

t.test('whatever a write in place leaves is known for what it is', async (t) => {
  for (const [before, after] of [[OLD, NEW], [NEW, OLD]] as const) {
    const length = Math.max(before.length, after.length)
    const [old, next] = [before, after].map((text) => text.padEnd(length, '\n')) as [string, string] // two in, two out
    for (let at = 0; at <= length; at++) t.ok(isBetween(Buffer.from(next.slice(0, at) + old.slice(at)), before, after))
    t.notOk(isBetween(Buffer.from('[a]\nk = by hand\n'), before, after))
    t.notOk(isBetween(Buffer.from(`${next}\n`), before, after))
  }
})

function canMount (): boolean {
  return can(() => execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' }))
}

function can (work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
