import fc from 'fast-check'
import t from 'tap'
import type { Catalogue } from '../../../lib/barman/catalogue.ts'
import { discover } from '../../../lib/barman/discover.ts'
import { askOracle, ordered, printing, pythons } from '../../support/oracle.ts'
import { parser } from '../../support/parsers.ts'

const COLUMNS = [20, 80, 200, 10000]
const PARSERS = 200 // for the first Python, 25 for each of the others

t.setTimeout(300_000)

const found = await pythons()
if (found.length === 0) t.test('random parsers', { skip: 'there is no Python here' }, async () => {})

for (const [index, python] of found.entries()) {
  t.test(`random parsers that ${python} prints are read back equal`, async (t) => {
    const [seed = 0] = fc.sample(fc.noBias(fc.integer()), 1)
    t.comment(`seed ${seed}`)
    const parsers = fc.sample(parser, { seed, numRuns: index === 0 ? PARSERS : PARSERS / 8 })
    const answers = await askOracle(python, 'parsers', { columns: COLUMNS, parsers })
    t.equal(answers.length, parsers.length)
    for (const columns of COLUMNS) {
      const runs = answers.map(({ helps }) => printing(helps[columns] ?? {}, '1.0'))
      const read = await Promise.all(runs.map((run) => discover(run, { concurrency: 1, onSkipped: (name) => t.fail(name) })))
      const same = columns === 10000 ? ordered : structure
      t.strictSame(read.map(same), answers.map(({ catalogue }) => same({ ...catalogue, version: '1.0' })), `COLUMNS=${columns}`)
    }
  })
}

/** All but the sentences, which a narrow page breaks. */
function structure (catalogue: Catalogue): Catalogue {
  return JSON.parse(JSON.stringify(ordered(catalogue)), (key, value: unknown) => key === 'description' ? '' : value) as Catalogue // the same shape
}
