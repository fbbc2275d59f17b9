import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Catalogue } from '../../../lib/barman/catalogue.ts'
import { type BarmanIdentity, loadCatalogue, saveCatalogue } from '../../../lib/barman/catalogue-cache.ts'
import { describe } from '../../support/describe.ts'

const identity: BarmanIdentity = { path: '/usr/bin/barman', mtimeMs: 1700000000123.456, size: 967, version: '3.20.1' }
const fixture = await readFile(new URL('../../fixtures/catalogues/3.20.1.json', import.meta.url), 'utf8')
const catalogue = describe(JSON.parse(fixture) as Catalogue) // written by us, in this very shape

t.test('what was saved is loaded, by whoever is the same barman', async (t) => {
  const file = join(t.testdir(), 'config', 'catalogue.json')
  await saveCatalogue(file, identity, catalogue)
  t.strictSame(await loadCatalogue(file, { ...identity }), catalogue)
})

t.test('another barman does not trust it', async (t) => {
  const file = join(t.testdir(), 'catalogue.json')
  await saveCatalogue(file, identity, catalogue)
  for (const other of [{ path: '/opt/barman' }, { mtimeMs: 1700000000123.457 }, { size: 968 }, { version: '3.20.2' }]) {
    t.equal(await loadCatalogue(file, { ...identity, ...other }), null, JSON.stringify(other))
  }
})

t.test('the file is ours alone, its folder too, and nothing else is left there', async (t) => {
  const folder = join(t.testdir(), 'config')
  await saveCatalogue(join(folder, 'catalogue.json'), identity, catalogue)
  await saveCatalogue(join(folder, 'catalogue.json'), identity, catalogue)
  t.strictSame(await readdir(folder), ['catalogue.json'])
  t.equal((await stat(join(folder, 'catalogue.json'))).mode & 0o777, 0o600)
  t.equal((await stat(folder)).mode & 0o777, 0o700)
})

t.test('a missing file is no catalogue', async (t) => {
  t.equal(await loadCatalogue(join(t.testdir(), 'catalogue.json'), identity), null)
})

t.test('a file torn anywhere is not used', async (t) => {
  const file = join(t.testdir(), 'catalogue.json')
  await saveCatalogue(file, identity, catalogue)
  const whole = await readFile(file)
  for (let length = 0; length < whole.length; length += 499) {
    await writeFile(file, whole.subarray(0, length))
    if (await loadCatalogue(file, identity) !== null) t.fail(`torn at ${length}`)
    await writeFile(file, Buffer.concat([whole.subarray(0, length), Buffer.alloc(whole.length - length)]))
    if (await loadCatalogue(file, identity) !== null) t.fail(`zeros from ${length}`)
  }
  await writeFile(file, whole)
  t.strictSame(await loadCatalogue(file, identity), catalogue)
})

t.test('a foreign, future or altered file is not used', async (t) => {
  const file = join(t.testdir(), 'catalogue.json')
  const { commands: [command, ...commands] } = catalogue
  const content = { v: 1, identity, catalogue }
  for (const [name, other] of Object.entries({
    foreign: { hello: 'world' },
    null: null,
    future: { ...content, v: 2 },
    'without a version': { identity, catalogue },
    'with more than we know': { ...content, more: true },
    'without commands': { ...content, catalogue: { ...catalogue, commands: [] } },
    'an arity of tomorrow': { ...content, catalogue: { ...catalogue, globalOptions: [{ ...catalogue.globalOptions[0], arity: 'many' }] } },
    'a command without a name': { ...content, catalogue: { ...catalogue, commands: [{ ...command, name: 7 }, ...commands] } }
  })) {
    await writeFile(file, JSON.stringify(other))
    t.equal(await loadCatalogue(file, identity), null, name)
  }
})

t.test('who loads while others save finds a whole catalogue, always', async (t) => {
  const file = join(t.testdir(), 'catalogue.json')
  await saveCatalogue(file, identity, catalogue)
  const saves = Array.from({ length: 20 }, () => saveCatalogue(file, identity, catalogue))
  const loads = Array.from({ length: 20 }, () => loadCatalogue(file, identity))
  await Promise.all(saves)
  for (const loaded of await Promise.all(loads)) t.strictSame(loaded, catalogue)
})

t.test('what cannot be saved leaves no scraps, and says so', async (t) => {
  const folder = t.testdir({ 'catalogue.json': { 'a-folder': 'in its place' } })
  await t.rejects(saveCatalogue(join(folder, 'catalogue.json'), identity, catalogue))
  t.strictSame(await readdir(folder), ['catalogue.json'])
})
