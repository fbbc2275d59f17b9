import assert from 'node:assert/strict'
import fc from 'fast-check'
import ini from 'ini'
import t from 'tap'
import { addSection, readLines, removeKey, removeSection, setKey } from '../../../lib/dialect/ini-lines.ts'

const SAMPLE = '# users\n\n[memin]\n; by hand\npassword = x   # old\naccess=[]\n\n# the other\n[john.doe]\npassword = y\n'

t.test('a value is changed in its place, all around it stays', async (t) => {
  t.equal(setKey(SAMPLE, 'memin', 'password', 'z'), SAMPLE.replace('= x', '= z'))
  t.equal(setKey(SAMPLE, 'memin', 'access', "['a', 'b']"), SAMPLE.replace('access=[]', "access=['a', 'b']"))
  t.equal(setKey(SAMPLE, 'john.doe', 'password', 'z'), SAMPLE.replace('= y', '= z'))
})

t.test('a new key stands behind the last one of its section and is written as that is', async (t) => {
  t.equal(setKey(SAMPLE, 'memin', 'deny', '[]'), SAMPLE.replace('access=[]\n', 'access=[]\ndeny=[]\n'))
  t.equal(setKey(SAMPLE, 'john.doe', 'ver', '1'), SAMPLE + 'ver = 1\n')
  t.equal(setKey('[a]\n  x = 1\n[b]', 'a', 'y', '2'), '[a]\n  x = 1\n  y = 2\n[b]')
  t.equal(setKey('', 'a', 'x', '1'), '[a]\nx = 1\n')
})

t.test('line ends stay: CRLF, CR, and none on the last line', async (t) => {
  t.equal(setKey('[a]\r\nx = 1', 'a', 'y', '2'), '[a]\r\nx = 1\r\ny = 2')
  t.equal(setKey('[a]\rx = 1\r', 'a', 'x', '2'), '[a]\rx = 2\r')
  t.equal(removeKey('[a]\r\nx = 1\r\ny = 2', 'a', 'y'), '[a]\r\nx = 1')
  t.equal(addSection('[a]\r\nx = 1', 'b.c'), '[a]\r\nx = 1\r\n\r\n[b\\.c]')
})

t.test('of several lines that set one key the last, which counts, is changed', async (t) => {
  t.equal(setKey('[a]\nx = 1\nx = 2\n[b]\n[a]\nx = 3\n', 'a', 'x', '4'), '[a]\nx = 1\nx = 2\n[b]\n[a]\nx = 4\n')
  t.equal(removeKey('[a]\nx = 1\n[b]\nx = 2\n[a]\nx = 3\n', 'a', 'x'), '[a]\n[b]\nx = 2\n[a]\n')
  t.equal(setKey('[a]\nx[] = 1\nx[] = 2\ny = 3\n', 'a', 'x', '4'), '[a]\nx = 4\ny = 3\n')
})

t.test('a comment behind a value survives whatever the value', async (t) => {
  for (const value of ['plain', '', 'a;b', 'a#b', "'q'", '"', 'back\\slash', ' blank ', '"a" # b']) {
    const text = setKey('[a]\nx = 1 # why\n', 'a', 'x', value)
    t.equal(ini.parse(text)['a'].x, value, JSON.stringify(value))
    t.match(text, '# why')
  }
})

t.test('a key without a value gets one', async (t) => {
  t.equal(setKey('[a]\nflag ; why\n', 'a', 'flag', 'on'), '[a]\nflag = on ; why\n')
  t.equal(setKey('[a]\nx =\n', 'a', 'x', '1'), '[a]\nx = 1\n')
})

t.test('a section goes with its keys, what stands behind them stays', async (t) => {
  t.equal(removeSection(SAMPLE, 'memin'), '# users\n\n\n# the other\n[john.doe]\npassword = y\n')
  t.equal(removeSection(SAMPLE, 'john.doe'), SAMPLE.slice(0, SAMPLE.indexOf('[john')))
  t.equal(removeSection('[a]\nx=1\n[b]\ny=1\n[a]\n# c\nz=1', 'a'), '[b]\ny=1')
  t.equal(removeSection('[a]\n# all that is left\n[b]\n', 'a'), '# all that is left\n[b]\n')
  t.equal(removeSection(SAMPLE, 'nobody'), SAMPLE)
})

t.test('what would break a line or be read otherwise is refused', async (t) => {
  const odd = ['a\nb', 'a\r', 'nul\0', 'tab\t', 'next\u0085', 'line\u2028', 'del\u007f']
  for (const text of odd) {
    t.throws(() => setKey(SAMPLE, 'memin', 'access', text), { code: 'bad-request' }, encodeURIComponent(text))
    t.throws(() => setKey(SAMPLE, 'memin', text, '1'), { code: 'bad-request' })
    t.throws(() => addSection(SAMPLE, text), { code: 'bad-request' })
  }
  for (const key of ['', ' x', 'x=y', '[x]', 'x[]', ';x', '#x', 'x;y', '"x"', '__proto__']) t.throws(() => setKey(SAMPLE, 'memin', key, '1'), { code: 'bad-request' }, encodeURIComponent(key))
  for (const section of ['', ' a', 'a]', '__proto__', '"a"', "'5'"]) t.throws(() => addSection(SAMPLE, section), { code: 'bad-request' }, encodeURIComponent(section))
})

t.test('lines that ini skips in silence are told apart', async (t) => {
  t.strictSame(readLines('=x\n[a\n [b]\n[c]\n').map(({ kind, section }) => [kind, section]), [['junk', null], ['key', null], ['key', null], ['section', 'c']])
})

t.test('any long line is read in linear time', async (t) => {
  for (const line of [' '.repeat(2e6), `x = ${' '.repeat(2e6)}y`, `x = ${'\\'.repeat(2e6)}`, `[${'['.repeat(2e6)}`, '='.repeat(2e6)]) {
    t.equal(readLines(setKey(`[a]\n${line}\nx = 1\n`, 'a', 'x', '2')).filter(({ text }) => text === 'x = 2').length, 1)
    t.type(setKey(`[a]\n${line}`, 'a', 'x', '2'), 'string')
  }
})

/* Property: an edit is exactly one change for `ini`, and all other lines are the same. */

const SECTIONS = ['main', 'john.doe', 'pg-1', 'a;b', 'constructor', 'two words']
const HEADERS = ['[main]', '[john.doe]', '["pg-1"]', '[a\\;b]', '[constructor]  ', "[ 'two words' ]"]
const section = fc.constantFrom(...SECTIONS)
const key = fc.constantFrom('x', 'password', 'a.b', 'toString', 'two words', 'ünï')
const value = fc.oneof(fc.constantFrom('true', 'null', '"', "'", "'5'", "['a', \"b\"]", '[x]', 'a # b', '\\', '\\;', '=', ''),
  fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom(...'\\;#"\'= []ax') }))
  .filter((text) => !/[\p{Cc}\u2028\u2029]/u.test(text))
const line = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(key, fc.constantFrom('=', ' = ', ' =', '= '), value, fc.constantFrom('', ' ; why', '#x')).map((parts) => parts.join('')) },
  fc.constantFrom(...HEADERS), fc.constantFrom('', '  ', '# note', ' ; [main]', '=junk', 'x', '\tpassword = 1', 'x # y = 2'))
const document = fc.tuple(fc.array(line, { maxLength: 20 }), fc.constantFrom('\n', '\r\n', '\r'), fc.boolean())
  .map(([lines, end, ended]) => ['[main]', ...lines].join(end) + (ended ? end : ''))

t.test('property: a key set is the one change that ini sees', async () => {
  fc.assert(fc.property(document, section, key, value, (before, section, key, value) => {
    const after = setKey(before, section, key, value)
    const expected = ini.parse(before)
    at(expected, section)[key] = ['true', 'false', 'null'].includes(value) ? JSON.parse(value) : value
    assert.deepEqual(ini.parse(after), expected)
    return changedLines(before, after) <= 3 && /[\r\n]$/.test(before) === /[\r\n]$/.test(after)
  }), { numRuns: 2000 })
})

t.test('property: a key removed is the one change that ini sees', async () => {
  fc.assert(fc.property(document, section, key, (before, section, key) => {
    const after = removeKey(before, section, key)
    const expected = ini.parse(before)
    const keys = find(expected, section)
    if (keys) delete keys[key]
    assert.deepEqual(ini.parse(after), expected)
    return isSubsequence(split(after), split(before))
  }), { numRuns: 1000 })
})

t.test('property: a section removed is the one change that ini sees', async () => {
  fc.assert(fc.property(document, section, (before, section) => {
    const after = removeSection(before, section)
    const expected = ini.parse(before)
    if (section !== 'john.doe') delete expected[section]
    else if (expected['john']) delete expected['john'].doe
    const found = ini.parse(after)
    if (section === 'john.doe') delete expected['john']
    assert.deepEqual(found, expected)
    return isSubsequence(split(after), split(before))
  }), { numRuns: 1000 })
})

type Keys = Record<string, unknown>

/** `ini` nests what `[john.doe]` names; a section that the editor adds is written `[john\.doe]` and is not. */
function find (parsed: Record<string, Keys>, section: string): Keys | undefined {
  const nested = parsed['john']?.['doe'] as Keys | undefined // sections are objects
  return section === 'john.doe' && nested ? nested : parsed[section]
}

function at (parsed: Record<string, Keys>, section: string): Keys {
  return find(parsed, section) ?? (parsed[section] = Object.create(null))
}

function split (text: string): string[] {
  return text.split(/\r\n|\r|\n/)
}

/** Lines between the common beginning and the common end, in the longer text. */
function changedLines (before: string, after: string): number {
  const [old, now] = [split(before), split(after)]
  const same = (from: 'at' | 'end', n: number) => from === 'at' ? old[n] === now[n] : old.at(-1 - n) === now.at(-1 - n)
  const shorter = Math.min(old.length, now.length)
  let start = 0
  while (start < shorter && same('at', start)) start++
  let end = 0
  while (end < shorter - start && same('end', end)) end++
  return Math.max(old.length, now.length) - start - end
}

function isSubsequence (part: readonly string[], whole: readonly string[]): boolean {
  let at = 0
  for (const line of whole) if (line === part[at]) at++
  return at === part.length || (at === part.length - 1 && part[at] === '')
}
