import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { keyFault, scopeOfKey, sectionFault, valueFault } from '../../../../lib/barman/config-edit/keys.ts'
import { parseManual } from '../../../../lib/barman/manual.ts'
import { barmans } from '../../../support/barmans.mjs'

const DESTROY = ['minimum_redundancy', 'retention_policy', 'retention_policy_mode', 'wal_retention_policy', 'worm_mode']
const DANGEROUS = /_script$|command|conninfo|path|directory$|location|filter|user$|home|file|passphrase|credential|key|profile|_format$/

const pages = (await barmans()).flatMap((found) => {
  const page = found.missing === undefined ? join(dirname(dirname(found.barman)), 'usr/share/man/man5/barman.5.gz') : ''
  return existsSync(page) ? [gunzipSync(readFileSync(page)).toString()] : []
})

t.test('every parameter of every manual page has a class, and what runs, connects or lies somewhere needs exec', { skip: pages.length === 0 ? 'no manual page is here' : false }, async (t) => {
  const names = new Set(pages.flatMap((page) => parseManual(page).map(({ name }) => name)))
  t.ok(names.size > 80, `${names.size} parameters`)
  for (const name of names) {
    const scope = scopeOfKey(name)
    if (DESTROY.includes(name)) t.equal(scope, 'destroy', name)
    else if (DANGEROUS.test(name) && !['backup_compression_format', 'backup_compression_location'].includes(name)) t.equal(scope, 'exec', name)
  }
})

t.test('what this version does not know needs exec', async (t) => {
  for (const key of ['key_of_the_future', 'pre_future_script', '', 'Description']) t.equal(scopeOfKey(key), 'exec')
  t.equal(scopeOfKey('description'), null)
})

t.test('names and values that break a line, a path or a command are refused', async (t) => {
  for (const key of ['', 'A', 'a b', 'a=b', '1a', 'a.b', 'a'.repeat(101)]) t.type(keyFault(key), 'string')
  for (const section of ['', 'all', 'DEFAULT', 'a/b', '..\n', 'a]', '-x', ' a', 'a\u2028b', '\ud800', 'a'.repeat(256)]) t.type(sectionFault(section), 'string')
  for (const section of ['main', 'pg-1', 'a.b', 'two words', 'ü', 'cluster:model']) t.equal(sectionFault(section), null)
  for (const value of ['a\nb', 'a\r', '\0', '50%', '%(home)s', ' a', 'a\u00a0', '*REDACTED*', 'x'.repeat(4097), '\ud800']) t.type(valueFault(value), 'string')
  for (const value of ['', 'a b', '"a"', '# x', 'None', 'ü😀', '[x]', 'a = b']) t.equal(valueFault(value), null)
})
