import fc from 'fast-check'
import t from 'tap'
import { Paragraphs, Table } from '../../../lib/dialect/groff-blocks.ts'
import { LITERAL_END, LITERAL_START, unescape, unmark } from '../../../lib/dialect/groff.ts'

t.test('escapes become the characters they stand for', async (t) => {
  const cases: Array<[string, string]> = [
    ['\\fBbold\\fP, \\f[I]italic\\f[], \\f[C]code\\f[R] and \\fRroman\\f(CW', 'bold, italic, code and roman'],
    ['it\\(aqs a \\(dqquote\\(dq, \\[aq]or\\[aq] \\[lq]two\\[rq]', 'it\'s a "quote", \'or\' “two”'],
    ['read\\-only\\ \\(bu\\~\\[em]', 'read-only • —'],
    ['\\&.conf \\%<a\\:b> \\e \\\\', '.conf <a:b> \\ \\'.replace('a:b', 'ab')],
    ["see \\X'tty: link https://example.org/x'\\fI\\%there\\fP\\X'tty: link'", 'see there'],
    ['\\[u00E9]\\[u1F600]\\[uFFFFFF]\\[unknown]\\(zz', 'é😀'],
    ['\\', '']
  ]
  for (const [source, text] of cases) t.equal(unmark(unescape(source)), text, source)
})

t.test('literals stay marked until the marks are taken off', async (t) => {
  t.equal(unescape('set \\fBon\\fP'), `set ${LITERAL_START}on${LITERAL_END}`)
  t.equal(unescape(`${LITERAL_START}forged${LITERAL_END}`), 'forged')
})

t.test('any line is read, and no backslash is left of what was none', async () => {
  const line = fc.array(fc.constantFrom('\\', 'f', '[', ']', '(', 'B', "X'", 'x', '*', 'u00E9', ' ')).map((parts) => parts.join(''))
  fc.assert(fc.property(line, (source) => unmark(unescape(source)).length <= source.length))
})

t.test('lines are filled into paragraphs, items of a list stay together, verbatim lines stay lines', async (t) => {
  const text = new Paragraphs()
  for (const line of ['one ', 'two   three', '', 'four']) text.add(line)
  for (const item of ['a', 'b']) {
    text.end('- ')
    text.add(item)
  }
  text.setVerbatim(true)
  for (const line of ['k = v', '  w']) text.add(line)
  text.setVerbatim(false)
  text.add('end')
  t.equal(String(text), 'one two three\n\nfour\n\n- a\n- b\n\nk = v\n  w\n\nend')
})

t.test('a table becomes one line a row, however its cells are written', async (t) => {
  const table = new Table()
  const lines = ['box center;', 'l|l.', 'T{', 'Name', 'of it', 'T}\tT{', 'Range', 'T}', '_', 'lz4\t0 to 16', 'xz\tT{', '1 to 9', 'T}']
  t.same(lines.map((line) => table.add(line)).filter((row) => row !== undefined), ['Name of it | Range', 'lz4 | 0 to 16', 'xz | 1 to 9'])
})
