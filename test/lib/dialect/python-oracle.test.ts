import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { ConfigDocument, Entry } from '../../../lib/dialect/python-config.ts'
import { effectiveEntries, parseConfig } from '../../../lib/dialect/python-config.ts'
import { interpolate } from '../../../lib/dialect/interpolate.ts'
import { anyFile, soundFile } from './config-texts.ts'
import { Oracle, type Parsed } from './oracle.ts'

const RUNS = 2_000
const NAMES = ['a', 'b', 'A', ' a ', 'DEFAULT', 'default', '__proto__', '7', '#', 'ü', '=', 'a]', 'a]b', ']']

const oracle = new Oracle()
t.teardown(() => oracle.close())
const version = await oracle.version()

const skip = version === undefined
  ? 'there is no python3 here'
  : version[1] < 10 && `Python ${version.join('.')} ends a header at its first "]", 3.10 and later at the last`

t.test('files read as Python reads them, errors included', { skip }, async () => {
  const property = fc.asyncProperty(fc.oneof(anyFile(NAMES), soundFile(NAMES)), async (text) => {
    assert.deepEqual(ours(text), await oracle.parse(text))
  })
  await fc.assert(property, { numRuns: RUNS })
})

/** Our reading, in the form of the oracle's answer. */
function ours (text: string): Parsed {
  const document = parseConfig(text)
  if (document.faults.length > 0) return refused(document)
  const { defaults, sections } = effectiveEntries(document)
  return {
    defaults: texts(defaults),
    sections: Object.fromEntries([...sections].map(([name, entries]) => [name, texts(entries)])),
    values: Object.fromEntries([...sections].map(([name, entries]) => [name, values(new Map([...defaults, ...entries]))]))
  }
}

/** Python ends at the first line without a section; of the others it lists all. */
function refused ({ faults }: ConfigDocument): Parsed {
  const error = faults[0]?.error ?? ''
  const lines = faults.map(({ line }) => line)
  return { error, lines: error === 'ParsingError' ? lines : lines.slice(0, 1) }
}

function texts (entries: ReadonlyMap<string, Entry>) {
  return Object.fromEntries([...entries].map(([key, { value }]) => [key, value]))
}

function values (options: ReadonlyMap<string, Entry>) {
  return Object.fromEntries([...options].map(([key, entry]) => {
    const { value, error } = interpolate(entry.value, (name) => options.get(name)?.value)
    return [key, error === undefined ? { value } : { error }]
  }))
}
