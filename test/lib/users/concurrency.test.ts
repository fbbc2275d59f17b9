import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readAccounts } from '../../../lib/users/client-file.ts'
import { open, SEED, until } from './support.ts'

const path = (script: string) => fileURLToPath(new URL(script, import.meta.url))
const run = (script: string, ...args: string[]) => spawn(process.execPath, [path(script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
const end = async (child: ChildProcess) => (await once(child, 'close')) as [number | null, string | null] // what node:child_process emits

t.test('of 100 changes at once none is lost', async (t) => {
  const { store, read } = await open(t, SEED)
  const start = store.get('memin')?.ver ?? 0
  await Promise.all(Array.from({ length: 100 }, () => store.revoke('memin')))
  t.equal(store.get('memin')?.ver, start + 100)
  await Promise.all(Array.from({ length: 100 }, (_, n) => store.add({ name: `u${n}`, password: 'long enough', deny: [`p/${n}`] })))
  t.equal(readAccounts(read()).size, 101)
  for (let n = 0; n < 100; n++) t.strictSame(store.get(`u${n}`)?.deny, [`p/${n}`])
})

t.test('two processes that write at the same time lose nothing of each other', async (t) => {
  const { store, file, read } = await open(t, SEED)
  const children = [run('./writer.js', file, 'a', '30'), run('./writer.js', file, 'b', '30')]
  const mine = Array.from({ length: 30 }, (_, n) => store.add({ name: `c-${n}`, password: 'long enough' }))
  const ends = await Promise.all([...children.map(end), ...mine])
  t.strictSame(ends.slice(0, 2), [[0, null], [0, null]])
  t.equal(readAccounts(read()).size, 91)
  await until(() => store.list().length === 91)
  t.strictSame(readdirSync(dirname(file)), ['client.conf'])
})

t.test('a crash between temporary file and rename leaves the old file, and the next edit clears up', async (t) => {
  const { store, file, read } = await open(t, SEED)
  const before = read()
  t.strictSame(await end(run('./crash-at-rename.js', file)), [null, 'SIGKILL'])
  t.equal(read(), before)
  const left = readdirSync(dirname(file))
  t.equal(left.length, 3, left.join(' '))
  await store.revoke('memin')
  t.equal(store.get('memin')?.ver, 1)
  t.strictSame(readdirSync(dirname(file)), ['client.conf'])
})

t.test('writers killed at any moment leave a whole file and no lock that holds', async (t) => {
  const { store, file, read } = await open(t, SEED)
  for (let kill = 0; kill < 8; kill++) {
    const child = run('./writer.js', file, `k${kill}`, '1000000')
    await once(child.stdout, 'data')
    const many = readAccounts(read()).size
    await until(() => readAccounts(read()).size > many + kill)
    child.kill('SIGKILL')
    await end(child)
    const whole = readAccounts(read()).size
    await store.add({ name: `after-${kill}`, password: 'long enough' })
    t.equal(readAccounts(read()).size, whole + 1)
  }
  t.strictSame(readdirSync(dirname(file)), ['client.conf'])
})

t.test('an edit by hand in the middle of an edit of ours is not lost', async (t) => {
  const { store, file, read } = await open(t, SEED)
  let raced = false
  await store.change('memin', { deny: ['x'] }, {
    check: () => {
      if (!raced) writeFileSync(file, `# by hand\n${read()}`)
      raced = true
    }
  })
  t.match(read(), /^# by hand\n[^]*deny = \['x'\]/)
})
