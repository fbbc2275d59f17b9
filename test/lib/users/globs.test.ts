import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { globCovers, globMatches } from '../../../lib/users/globs.ts'

const glob = fc.string({ unit: fc.constantFrom(...'ab*?'), maxLength: 8 })
const name = fc.string({ unit: fc.constantFrom(...'ab'), maxLength: 10 })

t.test('property: a glob matches what the same regular expression matches', async () => {
  fc.assert(fc.property(glob, name, (glob, name) => {
    const pattern = new RegExp(`^${glob.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`, 'u')
    assert.equal(globMatches(glob, name), pattern.test(name))
  }), { numRuns: 20_000 })
})

t.test('property: a glob that covers another matches whatever that one does', async () => {
  let covered = 0
  fc.assert(fc.property(glob, glob, fc.array(name, { minLength: 10 }), (wide, narrow, names) => {
    if (!globCovers(wide, narrow)) return
    covered++
    for (const name of names) assert.ok(!globMatches(narrow, name) || globMatches(wide, name), `${wide} ${narrow} ${name}`)
  }), { numRuns: 20_000 })
  t.ok(covered > 500, `${covered} pairs`)
})

t.test('all but * and ? stands for itself', async (t) => {
  for (const odd of ['a.c', '[ab]c', '{a,b}', '(a)+', '\\', '^a$', 'pg|x']) {
    t.ok(globMatches(odd, odd), odd)
    t.notOk(globMatches(odd, 'abc'), odd)
  }
  t.ok(globMatches('?', '🐘'))
  t.notOk(globMatches('PG-*', 'pg-1'))
})

t.test('many stars take no more than name times glob steps', async (t) => {
  t.notOk(globMatches('*a'.repeat(500) + 'b', 'a'.repeat(5000)))
  t.ok(globCovers('*', '*'.repeat(5000)))
})

t.test('a glob covers narrower ones', async (t) => {
  const rows: ReadonlyArray<readonly [string, string, boolean]> = [
    ['*', 'pg-*', true], ['*', '*', true], ['pg-*', 'pg-1*', true], ['pg-*', 'pg-1', true], ['pg-?', 'pg-?', true], ['pg-*', 'pg-?', true],
    ['pg-?', 'pg-*', false], ['pg-1', 'pg-*', false], ['pg-1*', 'pg-*', false], ['a*', '*', false], ['?', '*', false]
  ]
  for (const [wide, narrow, covers] of rows) t.equal(globCovers(wide, narrow), covers, `${wide} over ${narrow}`)
})
