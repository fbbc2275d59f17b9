import type { Catalogue, Command, Option, Positional } from '../../lib/barman/catalogue.ts'
import { fill, wrap, wrapUsage } from './render-text.ts'

/** Who prints the help: the library of Barman's age, the Python below it, and the width of its terminal. */
export interface Layout {
  readonly library: 'argh' | 'argparse'
  /** 207 stands for 2.7, 314 for 3.14: numbers that compare. */
  readonly python: 207 | 308 | 309 | 310 | 313 | 314
  readonly columns: number
}

interface Item { readonly head: string, readonly help: string, readonly below?: readonly Item[] }

const MAX_HELP_POSITION = 24
const HELP: Item = { head: '-h, --help', help: 'show this help message and exit' }
const VERSION: Item = { head: '-v, --version', help: "show program's version number and exit" }

/** Prints `barman --help` of a catalogue as that Barman would. */
export function renderTop (catalogue: Catalogue, layout: Layout): string {
  const { commands } = catalogue
  const names = commands.flatMap(({ name, aliases }) => [name, ...aliases])
  const braces = `{${(layout.python === 207 ? names.reverse() : names).join(',')}}`
  const list: Item = { head: braces, help: '', below: commands.map((command) => ({ head: listedAs(command), help: command.description })) }
  const options = [HELP, VERSION, ...catalogue.globalOptions.map((option) => optionItem(option, layout))]
  const tail = layout.python >= 313 ? [`${braces} ...`] : [braces, '...']
  const usage = wrapUsage('barman', ['[-h]', '[-v]', ...catalogue.globalOptions.map(optionUsage)], tail, layout.columns)
  return page(usage, '', [list], options, fill('Barman by EnterpriseDB (www.enterprisedb.com)', layout.columns - 2), layout)
}

/** Prints `barman COMMAND --help`; under a library that prints it raw, the description keeps its own lines. */
export function renderCommand (command: Command, layout: Layout): string {
  const words = command.positionals.map((positional) => positionalUsage(positional, layout))
  const tail = layout.python >= 313 ? words.map((some) => some.join(' ')) : words.flat() // since 3.13 `x [x ...]` stays on one line
  const usage = wrapUsage(`barman ${command.name}`, ['[-h]', ...command.options.map(optionUsage)], tail, layout.columns)
  const options = [HELP, ...command.options.map((option) => optionItem(option, layout))]
  const description = layout.library === 'argh' ? raw(command.description, layout) : fill(command.description, layout.columns - 2)
  return page(usage, description, command.positionals.map((positional) => positionalItem(positional, layout)), options, '', layout)
}

function page (usage: string, description: string, positionals: readonly Item[], options: readonly Item[], epilog: string, layout: Layout): string {
  const longest = Math.max(...[...positionals, ...options].map(({ head }) => head.length + 2))
  const list = (items: readonly Item[]): string => items.map((item) => render(item, 2, longest, layout)).join('')
  const section = (title: string, items: readonly Item[]): string => items.length === 0 ? '' : `\n${title}:\n${list(items)}\n`
  const text = `${usage}\n\n${description}${description === '' ? '' : '\n\n'}` +
    section('positional arguments', positionals) + section(layout.python >= 310 ? 'options' : 'optional arguments', options) + epilog
  return paint(`${text.replaceAll(/\n{3,}/g, '\n\n').replaceAll(/^\n+|\n+$/g, '')}\n`, layout)
}

/** A head with its help beside it where there is room, else below it; then what it lists, two blanks deeper. */
function render ({ head, help, below = [] }: Item, indent: number, longest: number, layout: Layout): string {
  const width = layout.columns - 2
  const position = Math.min(longest + 2, MAX_HELP_POSITION, Math.max(width - 20, 4))
  const room = position - indent - 2
  const lines = wrap(help, Math.max(width - position, 11))
  const isBeside = help !== '' && head.length <= room
  const first = ' '.repeat(indent) + (isBeside ? `${head.padEnd(room)}  ${lines.shift()}` : head)
  return [first, ...lines.map((line) => ' '.repeat(position) + line)].map((line) => `${line}\n`).join('') +
    below.map((item) => render(item, indent + 2, longest, layout)).join('')
}

function listedAs ({ name, aliases }: Command): string {
  return aliases.length === 0 ? name : `${name} (${aliases.join(', ')})`
}

function optionItem (option: Option, { python, library }: Layout): Item {
  const argument = argumentOf(option)
  const head = python >= 313 ? `${option.names.join(', ')}${argument}` : option.names.map((name) => `${name}${argument}`).join(', ')
  return { head, help: option.description + (library === 'argh' && option.arity !== 'flag' ? ' (default: -)' : '') }
}

function optionUsage (option: Option): string {
  return `[${option.names[0]}${argumentOf(option)}]`
}

function argumentOf ({ arity, metavar, choices }: Option): string {
  const value = metavar ?? `{${choices?.join(',')}}`
  return { flag: '', value: ` ${value}`, optional: ` [${value}]` }[arity]
}

function positionalItem ({ name, description }: Positional, { library }: Layout): Item {
  return { head: name, help: description + (library === 'argh' ? ' (default: -)' : '') }
}

function positionalUsage ({ name, nargs }: Positional, { python }: Layout): string[] {
  if (nargs === null) return [name]
  if (nargs === '+') return [name, `[${name} ...]`]
  return nargs === '?' ? [`[${name}]`] : [python >= 309 ? `[${name} ...]` : `[${name} [${name} ...]]`]
}

/** argh hands docstrings through: four blanks before each line up to Python 3.12, and the blank line that closes them. */
function raw (description: string, { python }: Layout): string {
  const margin = python >= 313 ? '' : '    '
  return `${description.split('. ').join(`.\n${margin}`).replace(/^/, margin)}\n${margin}`
}

/** Colors as Python 3.14 puts them: on the words of the usage, on headings, on names and placeholders. */
function paint (text: string, { python }: Layout): string {
  if (python < 314) return text
  return text.replaceAll(/^(usage: )(\S+)/g, '\u001B[1;34m$1\u001B[0m\u001B[1;35m$2\u001B[0m')
    .replaceAll(/^([a-z ]+:)$/gm, '\u001B[1;34m$1\u001B[0m')
    .replaceAll(/(?<=[ [])(--?[a-z-]+)/g, '\u001B[1;36m$1\u001B[0m')
    .replaceAll(/^( {2,4})([{a-z][^ \n]*)/gm, '$1\u001B[1;32m$2\u001B[0m')
}
