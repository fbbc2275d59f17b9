import type { Command, Option, Positional } from './catalogue.ts'
import { AppError } from '../errors.ts'
import { type Entry, layout, MAX_ENTRIES, unwrap } from './help-layout.ts'
import { listedCommands } from './help-commands.ts'
import { optionsOf, readChoices } from './help-options.ts'
import { parseUsage, type UsagePositional } from './usage.ts'

/** A command as `barman --help` lists it. */
export type ListedCommand = Pick<Command, 'name' | 'aliases' | 'description'>

export interface TopHelp {
  /** Without `--help` and `--version`. */
  readonly globalOptions: readonly Option[]
  readonly commands: readonly ListedCommand[]
}

/** A command as its own help shows it; the name is the one that its usage line calls it by. */
export type CommandHelp = Omit<Command, 'aliases'>

/** Reads `barman --help`, as argh or argparse prints it at any width, or throws `barman-unusable`. */
export function parseTopHelp (text: string): TopHelp {
  const { entries } = layout(text)
  return { globalOptions: optionsOf(entries, ['--help', '--version']), commands: listedCommands(entries) }
}

/** Reads `barman COMMAND --help`, as argh or argparse prints it at any width, or throws `barman-unusable`. */
export function parseCommandHelp (text: string): CommandHelp {
  const { usage, description, entries } = layout(text)
  const options = optionsOf(entries, ['--help'])
  const valued = new Set(options.filter(({ arity }) => arity !== 'flag').flatMap(({ names }) => names))
  const { program, positionals } = parseUsage(usage, valued)
  if (positionals.length > MAX_ENTRIES) throw new AppError('barman-unusable', `The help of barman shows more than ${MAX_ENTRIES} positionals`)
  return { name: program.at(-1) ?? '', description, positionals: describe(positionals, entries), options }
}

/** Where choices stand in place of the name, nothing tells the name: the position has to do. */
function describe (positionals: readonly UsagePositional[], entries: readonly Entry[]): Positional[] {
  const left = new Map<string, Entry[]>()
  for (const entry of entries) left.set(entry.head, [...left.get(entry.head) ?? [], entry])
  return positionals.map(({ word, nargs }, index) => {
    const choices = readChoices(word)
    const lines = left.get(word)?.shift()?.lines ?? []
    return { name: choices === null ? word : `argument${index + 1}`, nargs, choices, description: unwrap(lines) }
  })
}
