import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type ConfigDocument, type Entry, effectiveEntries, parseConfig } from '../../../lib/dialect/python-config.ts'
import { anyFile } from './config-texts.ts'

t.test('nothing of a file is lost, whatever is in it', async (t) => {
  fc.assert(fc.property(fc.oneof(anyFile(['a', 'b']), fc.string()), (text) => joined(parseConfig(text)) === text))
  t.same(parseConfig(''), { lines: [], sections: [], entries: [], faults: [] })
})

t.test('an entry knows its lines and where its value begins', async (t) => {
  const lines = [
    '# of the whole file\n', '[main]\r\n', '  Conninfo =  host=pg\n', '\n', '    # of one line\n', '    user=barman\n', '\n', '# of the next\n',
    'archiver:on'
  ]
  const { entries, lines: read, sections } = parseConfig(lines.join(''))
  t.same(entries, [
    { section: 'main', key: 'conninfo', value: 'host=pg\n\nuser=barman', from: 2, to: 6, column: 14 },
    { section: 'main', key: 'archiver', value: 'on', from: 8, to: 9, column: 9 }
  ])
  t.same(sections, [{ name: 'main', line: 1 }])
  t.same(read.map(({ kind }) => kind), [
    'comment', 'section', 'entry', 'blank', 'comment', 'continuation', 'blank', 'comment', 'entry'
  ])
})

t.test('what stands from the column on, trimmed, is the first line of the value', async () => {
  fc.assert(fc.property(anyFile(['a', 'b']), (text) => {
    const { entries, lines } = parseConfig(text)
    return entries.every(({ from, column, value }) => {
      const first = lines[from]?.text.slice(column) ?? ''
      return first.startsWith(value.split('\n')[0] ?? '')
    })
  }))
})

t.test('replacing the value in the lines of one entry changes that option alone', async () => {
  const edit = fc.tuple(anyFile(['a', 'b', 'DEFAULT']), fc.nat()).filter(([text]) => isEditable(text))
  fc.assert(fc.property(edit, ([text, choice]) => {
    const before = parseConfig(text)
    const entry = before.entries[choice % before.entries.length]
    assert.ok(entry !== undefined)
    const expected = values(before).set(nameOf(entry), lastOf(before, entry) ? 'yes' : values(before).get(nameOf(entry)))
    assert.deepEqual(values(parseConfig(replaced(before, entry, 'yes'))), expected)
  }), { numRuns: 500 })
})

t.test('comments are whole lines: a mark inside one is part of the value', async (t) => {
  t.equal(valueOf('[a]\nk = v # not a comment ; nor this'), 'v # not a comment ; nor this')
  t.equal(valueOf('[a]\nk = v\n  ; a comment\n  w'), 'v\nw')
})

t.test('of options and sections given twice the last counts', async (t) => {
  t.equal(valueOf('[a]\nk = 1\nK = 2\n[b]\n[a]\nk: 3'), '3')
})

t.test('names of sections keep their case, those of options do not', async (t) => {
  const { sections } = effectiveEntries(parseConfig('[Main]\nA = 1\n[main]\nA = 2'))
  t.same([...sections].map(([name, entries]) => [name, entries.get('a')?.value]), [['Main', '1'], ['main', '2']])
})

t.test('[DEFAULT] is kept apart, and sections without options are there', async (t) => {
  const { defaults, sections } = effectiveEntries(parseConfig('[DEFAULT]\nk = 1\n[empty]\n'))
  t.equal(defaults.get('k')?.value, '1')
  t.same([...sections.keys()], ['empty'])
})

t.test('faults carry the name of the error in Python, and their lines', async (t) => {
  t.same(parseConfig('# fine\nk = v\n').faults, [{ error: 'MissingSectionHeaderError', line: 1 }])
  t.same(parseConfig('\ufeff[a]\nk = v').faults[0], { error: 'MissingSectionHeaderError', line: 0 }, 'a byte-order mark is one')
  t.same(parseConfig('[a]\nneither\nk = v\n= none').faults, [{ error: 'ParsingError', line: 1 }, { error: 'ParsingError', line: 3 }])
})

function joined ({ lines }: ConfigDocument): string {
  return lines.map(({ text }) => text).join('')
}

function valueOf (text: string): string | undefined {
  return effectiveEntries(parseConfig(text)).sections.get('a')?.get('k')?.value
}

function isEditable (text: string): boolean {
  const { entries, faults } = parseConfig(text)
  return faults.length === 0 && entries.length > 0
}

function replaced ({ lines }: ConfigDocument, { from, to, column }: Entry, value: string): string {
  const texts = lines.map(({ text }) => text)
  return [...texts.slice(0, from), `${texts[from]?.slice(0, column)}${value}\n`, ...texts.slice(to)].join('')
}

/** Whether no later entry takes its place. */
function lastOf ({ entries }: ConfigDocument, entry: Entry): boolean {
  return entries.findLast((other) => nameOf(other) === nameOf(entry)) === entry
}

function nameOf ({ section, key }: Entry): string {
  return JSON.stringify([section, key])
}

function values (document: ConfigDocument): Map<string, string | undefined> {
  const { defaults, sections } = effectiveEntries(document)
  const all = [defaults, ...sections.values()].flatMap((entries) => [...entries.values()])
  return new Map(all.map((entry) => [nameOf(entry), entry.value]))
}
