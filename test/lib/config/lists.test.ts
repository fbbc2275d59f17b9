import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { formatList, parseList } from '../../../lib/config/lists.ts'

const READ: ReadonlyArray<readonly [string, string[]]> = [
  ['', []],
  ['  ', []],
  ['[]', []],
  ['[ ]', []],
  ["['backup','cron','recover']", ['backup', 'cron', 'recover']],
  ["['a', \"b\"]", ['a', 'b']],
  ["[u'x']", ['x']],
  ["[u'x', 'u']", ['x', 'u']],
  ['["a","b"]', ['a', 'b']],
  ["['a',]", ['a']],
  [" [ 'a' , 'b' ] ", ['a', 'b']],
  ["['it\\'s', \"it's\", 'say \"x\"']", ["it's", "it's", 'say "x"']],
  ["['\\\\', '\\n', '\\x41', '\\u00e9', '\\U0001f418']", ['\\', '\n', 'A', 'é', '🐘']],
  ['["\\ud83d\\udc18", "\\/"]', ['🐘', '/']],
  ["['a,b', 'c]d']", ['a,b', 'c]d']],
  ["['']", ['']],
  ['backup', ['backup']],
  ['backup, cron ,recover', ['backup', 'cron', 'recover']],
  ['auth/user/list,barman', ['auth/user/list', 'barman']]
]

for (const [text, items] of READ) t.test(`${JSON.stringify(text)} is read`, async (t) => t.strictSame(parseList(text), items))

const FAULTS = [
  '[', "['a'", "['a", "['a' 'b']", "['a'] x", '[,]', "['a',,'b']", '[a]', '[1]', "['a', None]", "['\\q']", "['\\x4']", "['\\U00110000']",
  ',', 'a,', ',a', 'a,,b', "'a', 'b'", "'a'", '"a"', 'a]', "[b'x']", "['a']]", "[['a']]"
]

for (const text of FAULTS) {
  t.test(`${JSON.stringify(text)} is a fault`, async (t) => t.throws(() => parseList(text), { code: 'bad-request', message: /^not a list: ./ }))
}

t.test('a list is written as Python prints it', async (t) => {
  t.equal(formatList([]), '[]')
  t.equal(formatList(['a', 'b']), "['a', 'b']")
  t.equal(formatList(["it's", '\\', 'a\nb']), "['it\\'s', '\\\\', 'a\\u000ab']")
})

t.test('property: what was written is read, as is JSON', async () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' })), (items) => {
    assert.deepEqual(parseList(formatList(items)), items)
    assert.deepEqual(parseList(JSON.stringify(items)), items)
  }), { numRuns: 500 })
})

t.test('property: only faults are thrown, whatever the text', async () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'[]\'"\\,u xé\n') }), (text) => {
    try {
      return parseList(text).every((item) => typeof item === 'string')
    } catch (error) {
      return (error as { code?: string }).code === 'bad-request'
    }
  }), { numRuns: 3000 })
})

t.test('Python prints what is read and reads what is written', async (t) => {
  const lists = fc.sample(fc.array(fc.string({ unit: 'grapheme' })), 300)
  const script = 'import ast, json, sys\ngiven = json.load(sys.stdin)\njson.dump([[repr(x) for x in given[0]], [ast.literal_eval(x) for x in given[1]]], sys.stdout)'
  const python = spawnSync('python3', ['-c', script], { input: JSON.stringify([lists, lists.map(formatList)]), encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (python.error) {
    t.pass('there is no python3 on this machine', { skip: 'no python3' })
    return
  }
  const [printed, read] = JSON.parse(python.stdout) as [string[], string[][]] // as the script writes it
  t.strictSame(printed.map(parseList), lists)
  t.strictSame(read, lists)
})
