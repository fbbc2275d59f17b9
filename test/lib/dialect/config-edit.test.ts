import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { addSection, isEmptyConfig, removeOption, removeSection, setOption } from '../../../lib/dialect/config-edit.ts'
import { parseConfig } from '../../../lib/dialect/python-config.ts'
import { AppError } from '../../../lib/errors.ts'
import { anyFile } from './config-texts.ts'
import { Oracle, type Parsed } from './oracle.ts'

const SAMPLE = '; ours\n[barman]\nbarman_home = /srv\n\n; main\n[main]\ndescription =  "Main"\n; where it is\nconninfo = host=db\n   ; a note\n   user=barman\ncompression:gzip\n\n; other\n[pg]\ndescription=One\n'

const oracle = new Oracle()
t.teardown(() => oracle.close())
const version = await oracle.version()
const skip = version === undefined ? 'there is no python3 here' : version[1] < 10 && 'this Python reads some headers otherwise'

t.test('a value is changed in its place, and all around it stays', async (t) => {
  t.equal(setOption(SAMPLE, 'main', 'description', 'Shop'), SAMPLE.replace('"Main"', 'Shop'))
  t.equal(setOption(SAMPLE, 'main', 'compression', 'zstd'), SAMPLE.replace('gzip', 'zstd'))
  t.equal(setOption(SAMPLE, 'main', 'conninfo', 'host=x'), SAMPLE.replace('host=db', 'host=x').replace('   user=barman\n', ''), 'a note within the value too')
  t.equal(setOption('[a]\r\nk = 1', 'a', 'k', '2'), '[a]\r\nk = 2')
  t.equal(setOption('[a]\nk =\n', 'a', 'k', 'v'), '[a]\nk = v\n')
  t.equal(setOption('[a]\nk = 1\n[b]\n[a]\nK: 2\n', 'a', 'k', '3'), '[a]\nk = 1\n[b]\n[a]\nK: 3\n', 'of several the last, which counts')
})

t.test('a new key stands behind the last one of its section, written as that is', async (t) => {
  t.equal(setOption(SAMPLE, 'pg', 'archiver', 'on'), `${SAMPLE}archiver=on\n`)
  t.equal(setOption(SAMPLE, 'barman', 'log_level', 'INFO'), SAMPLE.replace('= /srv\n', '= /srv\nlog_level = INFO\n'))
  t.equal(setOption('[a]\n[b]', 'b', 'k', '1'), '[a]\n[b]\nk = 1')
  t.equal(setOption('[a]\n  [b]\nx = 1', 'a', 'k', '1'), '[a]\n  k = 1\n  [b]\nx = 1', 'a header that is indented would become a part of the value')
})

t.test('keys and sections go without their comments', async (t) => {
  t.equal(removeOption(SAMPLE, 'main', 'conninfo'), SAMPLE.replace('conninfo = host=db\n', '').replace('   user=barman\n', ''))
  t.equal(removeOption('[a]\nk = 1\nx = 2\nK = 3', 'a', 'k'), '[a]\nx = 2\n', 'every line of the key')
  t.equal(removeSection(SAMPLE, 'main'), SAMPLE.replace(/\[main\][^]*gzip\n/, ''))
  t.equal(removeSection(SAMPLE, 'pg'), SAMPLE.slice(0, SAMPLE.indexOf('[pg]')))
  t.ok(isEmptyConfig(removeSection('; nothing else\n[pg]\nx = 1\n', 'pg')))
  t.notOk(isEmptyConfig(SAMPLE))
})

t.test('a section is added at the end', async (t) => {
  t.equal(addSection('[a]\nk = 1', 'b'), '[a]\nk = 1\n\n[b]\n')
  t.equal(addSection('', 'b'), '[b]\n')
  t.throws(() => addSection('[a]', 'a'), { code: 'bad-request' })
  t.throws(() => addSection('[a]', 'x]y'), { code: 'bad-request' })
})

t.test('what would make the rest read otherwise is refused', async (t) => {
  t.throws(() => removeSection('[a]\nk = 1\n[b]\n  x = 1\n  [c]\n', 'b'), { code: 'bad-request' }, '[c] would be a part of k')
  t.throws(() => setOption('no section\n', 'a', 'k', '1'), { code: 'bad-request' })
  for (const value of ['1\n[b]', 'a\rb', ' x', 'x ']) t.throws(() => setOption('[a]\nk = 1\n', 'a', 'k', value), { code: 'bad-request' }, JSON.stringify(value))
  t.throws(() => setOption('[a]\n', 'b', 'k', '1'), { code: 'bad-request' })
})

/* Property: Python sees exactly the one change, and every line that does not hold the option keeps its bytes. */

const value = fc.constantFrom('yes', '', 'a b', '"quoted"', '# no comment', '[x]', 'k = v', 'ü😀', 'None')
const edit = fc.tuple(anyFile(['a', 'b', 'DEFAULT', 'two words']), fc.nat(), fc.constantFrom('own', 'a', 'fresh'), value, fc.boolean())
  .filter(([text]) => { const { faults, sections } = parseConfig(text); return faults.length === 0 && sections.length > 0 })

t.test('property: a key set or removed is the one change that Python sees, and no other line changes', { skip }, async (t) => {
  const counts = { set: 0, removed: 0, refused: 0 }
  await fc.assert(fc.asyncProperty(edit, async ([text, choice, name, value, isRemoved]) => {
    const { entries, sections } = parseConfig(text)
    const entry = entries[choice % Math.max(1, entries.length)]
    const own = name === 'own' ? entry : undefined
    const section = own?.section ?? sections[choice % sections.length]?.name ?? ''
    const key = own?.key ?? name
    const after = attempt(() => isRemoved ? removeOption(text, section, key) : setOption(text, section, key, value))
    if (after === null) return counts.refused++ < Infinity
    counts[isRemoved ? 'removed' : 'set']++
    assert.deepEqual(plain(await oracle.parse(after)), changed(plain(await oracle.parse(text)), section, key, isRemoved ? null : value))
    assertOthersSame(text, after, section, key)
    return true
  }), { numRuns: 1500 })
  t.ok(counts.set > 300 && counts.removed > 300, JSON.stringify(counts))
  t.ok(counts.refused < 60, 'and hardly anything has to be done by hand')
})

function attempt (work: () => string): string | null {
  try {
    return work()
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

type Options = Record<string, Record<string, string>>

function plain ({ defaults, sections, error }: Parsed): Options {
  assert.equal(error, undefined)
  return { ...sections, DEFAULT: { ...defaults } }
}

function changed (options: Options, section: string, key: string, value: string | null): Options {
  const { [key]: _, ...others } = options[section] ?? {}
  return { ...options, [section]: value === null ? others : { ...others, [key]: value } }
}

/** Lines without the option, their ends apart. */
function assertOthersSame (before: string, after: string, section: string, key: string): void {
  const [old, now] = [before, after].map((text) => {
    const { lines, entries } = parseConfig(text)
    const held = new Set(entries.filter((entry) => entry.section === section && entry.key === key).flatMap(({ from, to }) => Array.from({ length: to - from }, (_, step) => from + step)))
    return lines.filter(({ kind }, index) => !held.has(index) || kind === 'comment' || kind === 'blank').map(({ text }) => text.replace(/[\r\n]+$/, '')).filter((text) => text !== '') // an empty one may merge with a lone CR before it
  })
  assert.deepEqual(now, old)
}
