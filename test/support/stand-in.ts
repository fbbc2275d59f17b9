import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { realCatalogue } from '../lib/barman/policy-fixtures.ts'
import { renderCommand, renderTop } from './render-help.ts'

const LAYOUT = { library: 'argparse', python: 310, columns: 10_000 } as const

export type Version = Parameters<typeof realCatalogue>[0]

/** A program that plays barman: with the help of a real version, and whatever a test makes its commands do. */
export interface StandIn {
  /** The path of the program. */
  readonly command: string
  /** Makes a command do this, in `sh`, with the words after the command as `$2…`; without an `exit` its usual answer follows. */
  act (command: string, script: string): void
  /** The words of every call so far that was no question for help, in no order. */
  calls (): string[][]
}

/** Makes a stand-in in a folder of the test's. Its servers are `main`, `pg-1` and `pg-2`; a command without a script answers `{}`. */
export function makeStandIn (folder: string, version: Version = '3.20.1'): StandIn {
  const catalogue = realCatalogue(version)
  const command = join(folder, 'barman')
  for (const name of ['help', 'act', 'calls']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'help', 'VERSION'), `${version} Barman by EnterpriseDB (www.enterprisedb.com)\n`)
  writeFileSync(join(folder, 'help', 'TOP'), renderTop(catalogue, LAYOUT))
  for (const each of catalogue.commands) {
    for (const name of [each.name, ...each.aliases]) writeFileSync(join(folder, 'help', name), renderCommand(each, LAYOUT))
  }
  copyFileSync(new URL('./stand-in/barman.sh', import.meta.url), command)
  chmodSync(command, 0o755)
  return {
    command,
    act: (name, script) => writeFileSync(join(folder, 'act', name), script),
    calls: () => readdirSync(join(folder, 'calls')).filter((name) => !name.endsWith('.part'))
      .map((name) => readFileSync(join(folder, 'calls', name), 'utf8').split('\0').slice(0, -1)).filter((words) => words.length > 0)
  }
}
