import type { CommandHelp } from '../../../schemas/command.ts'
import { closest } from '../../barman/closest.ts'
import { normalize } from '../../barman/names.ts'
import { WrongCall } from './exits.ts'
import { RUN_FLAGS } from './flags.ts'

type Parameter = CommandHelp['required'][number]

/** What stands behind a command: its words, and which of our own options stand among them. */
export interface Behind {
  readonly words: readonly string[]
  readonly isWait: boolean
  readonly isJson: boolean
  readonly isHelp: boolean
}

/** Takes `--wait`, `--json` and `--help` out; behind a `--` they are Barman's. */
export function takeOurs (words: readonly string[]): Behind {
  const end = words.indexOf('--')
  const before = end < 0 ? words : words.slice(0, end)
  const rest = before.filter((word) => !OURS.has(word))
  return {
    words: end < 0 ? rest : [...rest, ...words.slice(end + 1)],
    isWait: before.includes('--wait'),
    isJson: before.includes('--json'),
    isHelp: before.includes('--help') || before.includes('-h')
  }
}

const OURS: ReadonlySet<string> = new Set(['--wait', '--json', '--help', '-h'])

/** The body that says the same to the service, by what it tells of the command; or throws a WrongCall with the closest name. */
export function bodyOf (words: readonly string[], help: CommandHelp): Record<string, unknown> {
  const parameters = [...help.required, ...help.optional]
  const positionals = parameters.filter(({ positional }) => positional)
  const body: Record<string, unknown> = {}
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (!/^-./.test(word)) {
      const next = positionals.find(({ name, type }) => body[name] === undefined || type === 'array')
      if (!next) throw new WrongCall(`${help.command} has no place for the word ${word}`)
      put(body, next, word)
      continue
    }
    const [, name = '', inline] = /^--([^=]+)(?:=([^]*))?$/.exec(word) ?? []
    const parameter = parameters.find((each) => normalize(each.name) === normalize(name))
    if (!parameter) throw new WrongCall(unknown(word, name, help.command, parameters))
    const wantsValue = inline === undefined && !parameter.type.startsWith('boolean')
    if (wantsValue && (words[index + 1] ?? '--').startsWith('--')) throw new WrongCall(`--${name} needs a value: --${name}=VALUE`)
    put(body, parameter, wantsValue ? words[++index] : inline)
  }
  return body
}

function put (body: Record<string, unknown>, { name, type }: Parameter, text: string | undefined): void {
  const known = body[name]
  if (type === 'array') body[name] = [...Array.isArray(known) ? known : [], text]
  else if (known !== undefined) throw new WrongCall(`${optionOf(name)} is given twice`)
  else body[name] = valueOf(type, text)
}

/** What does not fit its type stays text, and the service says what it wants. */
function valueOf (type: string, text: string | undefined): unknown {
  if (text === undefined) return true
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  return type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : text
}

function unknown (word: string, name: string, command: string, parameters: readonly Parameter[]): string {
  if (name === '') return `${word}: options of ${command} are written out, as --name`
  if (Object.hasOwn(RUN_FLAGS, name)) return `--${name} is no option of ${command} but ours: it stands before ${command}`
  const near = closest(name, parameters.map((each) => optionOf(each.name).slice(2)))
  return `${command} has no option --${name}${near ? `; did you mean --${near}?` : ''}`
}

/** As it is written on a command line. */
export function optionOf (name: string): string {
  return `--${name.replaceAll('_', '-')}`
}
