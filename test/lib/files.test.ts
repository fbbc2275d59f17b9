import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { replaceFile, replaceFileSync } from '../../lib/files.ts'

t.test('a file is replaced as a whole, for its owner alone, and nothing is left beside it', async (t) => {
  const folder = t.testdir({ file: 'old' })
  const file = join(folder, 'file')
  await replaceFile(file, 'new')
  t.equal(readFileSync(file, 'utf8'), 'new')
  t.equal(statSync(file).mode & 0o777, 0o600)
  replaceFileSync(file, 'newer', 0o640)
  t.equal(readFileSync(file, 'utf8'), 'newer')
  t.equal(statSync(file).mode & 0o777, 0o640)
  t.strictSame(readdirSync(folder), ['file'])
})

t.test('what cannot be replaced stays, and nothing is left beside it', async (t) => {
  const folder = t.testdir({ file: {} })
  writeFileSync(join(folder, 'file', 'inside'), '')
  await t.rejects(replaceFile(join(folder, 'file'), 'x'), { code: 'EISDIR' })
  await t.rejects(replaceFile(join(folder, 'missing', 'file'), 'x'), { code: 'ENOENT' })
  t.throws(() => replaceFileSync(join(folder, 'file'), 'x'), { code: 'EISDIR' })
  t.strictSame(readdirSync(folder), ['file'])
})

t.test('a process killed at any moment leaves the old or the new file, never less', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'file')
  const module = new URL('../../lib/files.js', import.meta.url).href
  const size = 200_000
  const script = `import(${JSON.stringify(module)}).then(async ({ replaceFile }) => {
    for (let n = 0; ; n++) await replaceFile(${JSON.stringify(file)}, String(n % 10).repeat(${size}))
  })`
  let kills = 0
  for (; kills < 6; kills++) {
    const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
    const before = mtimeOf(file)
    while (mtimeOf(file) === before && child.exitCode === null) await new Promise((resolve) => setImmediate(resolve))
    for (let turns = kills * 7; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const text = readFileSync(file, 'utf8')
    t.equal(text.length, size)
    t.match(text, /^(\d)\1+$/)
  }
  t.comment(`${kills} kills, none torn`)
})

t.test('many writers at once leave the text of one', async (t) => {
  const file = join(t.testdir(), 'file')
  await Promise.all(Array.from({ length: 50 }, (_, n) => replaceFile(file, String(n).repeat(10_000))))
  t.match(readFileSync(file, 'utf8'), /^(\d{1,2})\1+$/)
})

function mtimeOf (file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
