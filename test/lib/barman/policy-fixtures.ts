import { readFileSync } from 'node:fs'
import type { Catalogue, Command, Option, Positional } from '../../../lib/barman/catalogue.ts'
import { compileCatalogue, type CompiledCommand } from '../../../lib/barman/compile.ts'
import { normalize } from '../../../lib/barman/names.ts'
import type { PolicyOverrides } from '../../../lib/barman/policy-overrides.ts'

/** Barmans whose real help, parsed, lies beside the tests. */
export const VERSIONS = ['2.12', '3.4.0', '3.13.3', '3.20.1'] as const

/** One line of the table of every command and option of Barman 1.2 to 3.20.1, made from argparse itself. */
export interface Row {
  readonly command: string
  /** `--jobs,-j`, `<server_name>` or `ALIAS of list-backups`. */
  readonly item: string
  readonly nargs: string
  readonly choices: string
  readonly pythonType: string
  readonly action: string
}

export const ROWS: readonly Row[] = fixture('barman-options.tsv').trimEnd().split('\n').slice(1).map(line => {
  const [command = '', item = '', nargs = '', choices = '', pythonType = '', action = ''] = line.split('\t')
  return { command, item, nargs, choices, pythonType, action }
})

/** The parsed help of one real Barman. */
export function realCatalogue (version: typeof VERSIONS[number]): Catalogue {
  return JSON.parse(fixture(`catalogues/${version}.json`)) as Catalogue // written by the help parser's own tests
}

/** Every command and option that ever was, as if one Barman had them all. */
export function historicCatalogue (): Catalogue {
  const rows = ROWS.filter(({ action }) => action !== 'Help' && action !== 'Version')
  const names = new Set(ROWS.map(({ command }) => command).filter(name => name !== '(global)'))
  return {
    version: 'all',
    globalOptions: optionsOf(rows, '(global)'),
    commands: [...names].map(name => command({
      name,
      aliases: rows.filter(({ item }) => item === `ALIAS of ${name}`).map(row => row.command),
      positionals: rows.filter(row => row.command === name && row.item.startsWith('<')).map(positionalOf),
      options: optionsOf(rows, name)
    }))
  }
}

export function command (facts: Partial<Command>): Command {
  return { name: 'new-command', aliases: [], description: '', positionals: [], options: [], ...facts }
}

export function option (name: string, facts: Partial<Option> = {}): Option {
  return { names: [name], arity: 'value', metavar: null, choices: null, description: '', ...facts }
}

export function positional (name: string, facts: Partial<Positional> = {}): Positional {
  return { name, nargs: null, choices: null, description: '', ...facts }
}

/** A command of a real Barman, or throws. */
export function compiled (version: typeof VERSIONS[number], name: string, overrides?: PolicyOverrides): CompiledCommand {
  const found = compileCatalogue(realCatalogue(version), overrides).commands.get(normalize(name))
  if (found === undefined) throw new Error(`Barman ${version} has no ${name}`)
  return found
}

function fixture (path: string): string {
  return readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8')
}

function optionsOf (rows: readonly Row[], name: string): Option[] {
  return rows.filter(row => row.command === name && row.item.startsWith('-')).map(row => ({
    names: row.item.split(','),
    arity: row.nargs === '0' ? 'flag' : row.nargs === '?' ? 'optional' : 'value',
    metavar: null,
    choices: choicesOf(row),
    description: ''
  }))
}

function positionalOf (row: Row): Positional {
  const nargs = row.nargs === '?' || row.nargs === '+' ? row.nargs : null
  return { name: row.item.slice(1, -1), nargs, choices: choicesOf(row), description: '' }
}

function choicesOf ({ choices }: Row): string[] | null {
  return choices === '' ? null : choices.split('|')
}
