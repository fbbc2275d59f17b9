import type { Arity, Option } from './catalogue.ts'
import { type Entry, unwrap } from './help-layout.ts'
import { splitOutside } from './usage.ts'

const NAME = /^--?[A-Za-z0-9][\w.-]*$/

/** The options among a help page's entries, but for those that only print (`--help`). */
export function optionsOf (entries: readonly Entry[], printing: readonly string[]): Option[] {
  return entries.map(readOption)
    .filter((option) => option !== null)
    .filter((option) => !option.names.some((name) => printing.includes(name)))
}

/**
 * Reads `-f {a,b}, --format {a,b}` (Python up to 3.12) and `-f, --format {a,b}` (since 3.13) alike: the names, then what stands
 * behind the last of them. `null` for what is no option, and for a name
 * that could not stand in an argv as it is.
 */
function readOption ({ head, lines }: Entry): Option | null {
  if (!head.startsWith('-')) return null
  const names: string[] = []
  let argument = ''
  for (const part of splitOutside(head, ',').map((part) => part.trim())) {
    const [name, rest] = splitWord(part)
    if (part.startsWith('-')) {
      names.push(name)
      argument = rest
    } else argument += `,${part}` // a placeholder with a comma in it
  }
  if (!names.every((name) => NAME.test(name))) return null
  return { names, ...readArgument(argument), description: unwrap(lines) }
}

function splitWord (text: string): [string, string] {
  const blank = text.indexOf(' ')
  return blank === -1 ? [text, ''] : [text.slice(0, blank), text.slice(blank + 1).trim()]
}

/** `X`, `[X]`, `{a,b}`, `[{a,b}]`, and `X [X ...]`, where only the first word matters. */
function readArgument (argument: string): { arity: Arity, metavar: string | null, choices: readonly string[] | null } {
  if (argument === '') return { arity: 'flag', metavar: null, choices: null }
  const arity = argument.startsWith('[') ? 'optional' : 'value'
  const [value = ''] = splitOutside(arity === 'optional' ? argument.slice(1).replace(/\]$/, '') : argument, ' ')
  const choices = readChoices(value)
  return { arity, metavar: choices === null ? value : null, choices }
}

/** The values between braces; `null` for anything else. */
export function readChoices (text: string): string[] | null {
  return text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1).split(',').map((choice) => choice.trim()) : null
}
