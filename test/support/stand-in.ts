import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BarmanIdentity, saveCatalogue } from '../../lib/barman/catalogue-cache.ts'
import { realCatalogue } from '../lib/barman/policy-fixtures.ts'
import { renderCommand, renderTop } from './render-help.ts'

const LAYOUT = { library: 'argparse', python: 310, columns: 10_000 } as const
const GLOBAL = /^--(?:config|color|format)=/

export type Version = Parameters<typeof realCatalogue>[0]

/** A program that plays barman: with the help of a real version, and whatever a test makes its commands do. */
export interface StandIn {
  /** The path of the program. */
  readonly command: string
  /** Makes a command do this, in `sh`, with the words after the command as `$2…`; without an `exit` its usual answer follows. `$here` is the folder. */
  act (command: string, script: string): void
  /** The words of every call so far that was no question for help, in no order, from the command on. */
  calls (): string[][]
  /** The same with the options before the command. */
  argvs (): string[][]
  /** Puts the help of another version, or of none that can be read, in the place of this one. */
  become (version: Version | 'broken'): void
  /** Writes the catalogue where the service would cache it, so that a test that is about something else need not wait for a discovery. */
  remember (cacheFolder: string): Promise<void>
}

/** Makes a stand-in in a folder of the test's. Its servers are `main`, `pg-1` and `pg-2`; a command without a script answers `{}`. */
export function makeStandIn (folder: string, version: Version = '3.20.1'): StandIn {
  const command = join(folder, 'barman')
  for (const name of ['help', 'act', 'calls']) mkdirSync(join(folder, name), { recursive: true })
  if (!existsSync(command)) {
    writeHelp(join(folder, 'help'), version)
    install(command)
  }
  const argvs = () => readdirSync(join(folder, 'calls'))
    .map((name) => readFileSync(join(folder, 'calls', name), 'utf8').split('\0').slice(0, -1)).filter((words) => words.length > 0)
  return {
    command,
    act: (name, script) => replace(join(folder, 'act', name), script),
    calls: () => argvs().map((words) => words.slice(words.findIndex((word) => !GLOBAL.test(word)))),
    argvs,
    become: (other) => {
      if (other === 'broken') writeFileSync(join(folder, 'help', 'TOP'), 'Traceback (most recent call last):\n')
      else writeHelp(join(folder, 'help'), other)
    },
    remember: (cacheFolder) => saveCatalogue(join(cacheFolder, 'catalogue-default.json'), identityOf(command, version), realCatalogue(version))
  }
}

/** Puts the program in place as packages do: another file of that name, so that whoever runs the old one is not disturbed. */
export function install (command: string): void {
  copyFileSync(new URL('./stand-in/barman.sh', import.meta.url), `${command}.new`)
  chmodSync(`${command}.new`, 0o755)
  renameSync(`${command}.new`, command)
}

function writeHelp (folder: string, version: Version): void {
  const catalogue = realCatalogue(version)
  writeFileSync(join(folder, 'VERSION'), `${version} Barman by EnterpriseDB (www.enterprisedb.com)\n`)
  writeFileSync(join(folder, 'TOP'), renderTop(catalogue, LAYOUT))
  for (const each of catalogue.commands) {
    for (const name of [each.name, ...each.aliases]) writeFileSync(join(folder, name), renderCommand(each, LAYOUT))
  }
}

function replace (file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

/** What the cache knows a program by. */
export function identityOf (command: string, version: Version): BarmanIdentity {
  const { mtimeMs, size } = statSync(command)
  return { path: realpathSync(command), mtimeMs, size, version }
}
