import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type BarmanDialect, barmanDialect, barmanValue } from '../../../lib/dialect/barman-dialect.ts'
import { mergeFiles } from '../../../lib/dialect/barman-files.ts'
import { parseConfig } from '../../../lib/dialect/python-config.ts'
import { barmans } from '../../support/barmans.mjs'
import { soundFile } from './config-texts.ts'
import { type Merged, Oracle } from './oracle.ts'

const RUNS = 300
const MAIN = '[barman]\nbarman_home = @HOME@\nconfiguration_files_directory = @HOME@/d\n'

/** In the order in which Barman reads them; the last one it knows since 3.10. */
const files = fc.record({
  'barman.conf': soundFile(['s', 'm', 'DEFAULT']).map((text) => MAIN + text),
  'd/b.conf': fc.oneof(soundFile(['s', 'm']), soundFile(['s', 'DEFAULT', 'barman'])),
  'd/\u{1f600}.conf': soundFile(['s', 'm']),
  '.barman.auto.conf': soundFile(['s', 'm'])
}, { requiredKeys: ['barman.conf'] })

for (const found of await barmans()) {
  const skip = found.missing ?? false
  t.test(`several files merge as in Barman ${found.version}`, { skip }, async (t) => {
    if (found.missing !== undefined) return
    const oracle = new Oracle(found.python, found.pythonPath)
    t.teardown(() => oracle.close())
    const dialect = barmanDialect(found.version)
    const property = fc.asyncProperty(files, async (texts) => {
      const read = dialect.isShared ? { ...texts, '.barman.auto.conf': undefined } : texts
      assert.deepEqual(ours(read, dialect), simplified(await oracle.barman(texts)))
    })
    await fc.assert(property, { numRuns: RUNS })
  })
}

function ours (texts: Readonly<Record<string, string | undefined>>, dialect: BarmanDialect): Merged | 'refused' {
  const paths = ['barman.conf', 'd/b.conf', 'd/\u{1f600}.conf', '.barman.auto.conf']
  const present = paths.flatMap((path) => texts[path] === undefined ? [] : [{ path, document: parseConfig(texts[path]) }])
  const { sections, faults } = mergeFiles(present, dialect)
  if (faults.length > 0) return 'refused'
  return {
    sections: Object.fromEntries([...sections].map(([name, options]) => [name, Object.fromEntries([...options].map(([key, { value, source }]) =>
      [key, { value: barmanValue(value ?? '', dialect), source: dialect.isShared ? null : source }]))]))
  }
}

/** Which error it was is the other test's question: Barman stops at the first, we list all. */
function simplified (merged: Merged): Merged | 'refused' {
  return merged.error === undefined ? merged : 'refused'
}
