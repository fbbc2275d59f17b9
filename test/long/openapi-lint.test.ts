import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Catalogue } from '../../lib/barman/catalogue.ts'
import { realCatalogue } from '../lib/barman/policy-fixtures.ts'
import { documents } from '../openapi/documents.ts'
import { openTools, type Ran, type Tools } from '../openapi/tools.ts'
import { barmans } from '../support/barmans.mjs'
import { describe } from '../support/describe.ts'
import { askOracle } from '../support/oracle.ts'

t.setTimeout(900_000) // the first use installs the tools
const { tools, missing } = await openTools()
const all = await documents(t, await catalogues())

t.test('redocly and Spectral find neither errors nor warnings', { skip: missing ?? false }, async (t) => {
  if (!tools) return
  const folder = t.testdir({
    'redocly.yaml': 'extends: [recommended]\n',
    '.spectral.json': '{ "extends": ["spectral:oas"], "rules": { "oas3-parameter-description": "warn" } }\n'
  })
  const files: string[] = []
  for (const [version, forms] of all) {
    for (const form of ['v31', 'v30'] as const) {
      files.push(`${version}-${form}.json`)
      writeFileSync(join(folder, `${version}-${form}.json`), JSON.stringify(forms[form], null, 1))
    }
  }
  t.equal(files.length, 8)

  const redocly = await tools.run('redocly', ['lint', '--format=json', '--max-problems=20', ...files], folder)
  t.equal([...redocly.output.matchAll(/"totals":\s*\{\s*"errors":\s*0,\s*"warnings":\s*0,/g)].length, files.length, 'redocly is content', redocly)
  const spectral = await runSpectral(tools, files, folder)
  t.match(spectral, { exitCode: 0, output: /No results/ }, 'Spectral is content', spectral)

  writeFileSync(join(folder, 'bad.json'), JSON.stringify({ openapi: '3.1.0', info: { title: 'x', version: '1' }, paths: { '/x': { get: { responses: {} } } } }))
  t.match((await tools.run('redocly', ['lint', 'bad.json'], folder)).output, /operation-summary/, 'redocly sees what is wrong elsewhere')
  t.match((await runSpectral(tools, ['bad.json'], folder)).output, /operation-description/, 'Spectral too')
})

function runSpectral (tools: Tools, files: readonly string[], folder: string): Promise<Ran> {
  return tools.run('spectral', ['lint', '--ruleset', '.spectral.json', '--fail-severity=hint', ...files], folder)
}

/** Of the four Barmans, each with all that its help says; where one cannot be had, with words of our own. */
async function catalogues (): Promise<Catalogue[]> {
  const found: Catalogue[] = []
  for (const one of await barmans()) {
    if (one.missing !== undefined) t.comment(one.missing)
    const known = one.missing === undefined ? (await askOracle(one.python, 'barman', { columns: [10_000] }, one.pythonPath))[0].catalogue : describe(realCatalogue(one.version as '3.4.0')) // the keys of one list
    found.push({ ...known, version: one.version })
  }
  return found
}
