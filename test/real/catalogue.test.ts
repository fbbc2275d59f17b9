import { execFile } from 'node:child_process'
import t from 'tap'
import type { Catalogue } from '../../lib/barman/catalogue.ts'
import { discover, DISCOVERY_ENV, type RunBarman } from '../../lib/barman/discover.ts'
import { barmans } from '../support/barmans.mjs'
import { askOracle, byName, ordered, printing } from '../support/oracle.ts'

const COLUMNS = [80, 200, 10000]
const DRIVEN = ['3.4.0', '3.20.1']

t.setTimeout(600_000) // four downloads, and eighty starts of Python

for (const one of await barmans()) {
  if (one.missing !== undefined) {
    t.test(`Barman ${one.version}`, { skip: one.missing }, async () => {})
    continue
  }
  const { version, barman, python, pythonPath } = one

  t.test(`every command, alias, positional and option of Barman ${version} equals what argparse holds`, async (t) => {
    const [{ catalogue, helps }] = await askOracle(python, 'barman', { columns: COLUMNS }, pythonPath)
    for (const columns of COLUMNS) {
      const read = await discover(printing(helps[columns] ?? {}, version), { concurrency: 4, onSkipped: (name) => t.fail(name) })
      t.strictSame(ordered(read), ordered(withoutEmptyDefaults(catalogue)), `COLUMNS=${columns}`)
    }
  })

  if (!DRIVEN.includes(version)) continue
  t.test(`discovery through the executable of Barman ${version} finds what argparse holds, in the order of the help`, async (t) => {
    const [{ catalogue }] = await askOracle(python, 'barman', { columns: [80] }, pythonPath)
    const read = await discover(running(barman), { concurrency: 2, onSkipped: (name) => t.fail(name) })
    t.strictSame(ordered(read), ordered(catalogue))
    t.strictSame(read.commands, byName(read.commands), 'Barman lists its commands by name since 2.16')
  })
}

/** `run` as a service has it: an argv, a clean environment, no shell. */
function running (barman: string): RunBarman {
  const env = { PATH: '/usr/bin:/bin', ...DISCOVERY_ENV }
  return (args) => new Promise((resolve) => {
    const child = execFile(barman, [...args], { env, timeout: 60_000 }, (_error, stdout, stderr) => resolve({ exitCode: child.exitCode, stdout, stderr }))
  })
}

/** argh says `(default: -)` of what has no default: the parser leaves that out. */
function withoutEmptyDefaults (catalogue: Catalogue): Catalogue {
  return JSON.parse(JSON.stringify(catalogue).replaceAll(/ ?\(default: -\)"/g, '"')) as Catalogue // the same shape, less some words
}
