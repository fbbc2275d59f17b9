import { AppError } from '../errors.ts'
import { type Entry, indentOf, MAX_ENTRIES, splitHead, unwrap } from './help-layout.ts'
import type { ListedCommand } from './help.ts'
import { readChoices } from './help-options.ts'

const NAME = /^[A-Za-z0-9][\w.-]*$/
const INDENT = 4 // of a command's head, in every layout and at every width

interface Head { readonly at: number, readonly name: string, readonly aliases: readonly string[], readonly help: string }

/**
 * The commands that a top help lists below `{backup,check,...}`, in its order; or throws `barman-unusable`.
 * Where a placeholder stands in place of the braces (no Barman up to 3.20 does that), whatever is listed below it counts.
 */
export function listedCommands (entries: readonly Entry[]): ListedCommand[] {
  const list = entries.find(({ head }) => readChoices(head) !== null) ?? entries.find(isList)
  const braced = readChoices(list?.head ?? '')?.filter((name) => NAME.test(name))
  const names = new Set(braced)
  const heads = findHeads(list?.lines ?? [], braced === undefined ? (name) => NAME.test(name) : (name) => names.has(name))
  const commands = heads.map((head, index) => describe(head, list?.lines.slice(head.at + 1, heads[index + 1]?.at) ?? []))
  commands.push(...unlisted(braced ?? [], heads))
  if (commands.length === 0) throw new AppError('barman-unusable', 'The help of barman lists no commands')
  if (commands.length > MAX_ENTRIES) throw new AppError('barman-unusable', `The help of barman lists more than ${MAX_ENTRIES} commands`)
  return commands
}

function isList ({ head, lines }: Entry): boolean {
  return !head.startsWith('-') && lines.some((line) => indentOf(line) === INDENT)
}

/**
 * Where each command begins. Below 27 columns the help stands at the same indent as the heads and may hold a command's name
 * on a line by itself: so every name is a head once at most, and a head with aliases comes before one without.
 */
function findHeads (lines: readonly string[], isName: (word: string) => boolean): Head[] {
  const candidates = lines.flatMap((line, at) => indentOf(line) === INDENT ? readHead(line, at, isName) : [])
  const withAliases = firstOfEach(candidates.filter(({ aliases }) => aliases.length > 0), new Set())
  const taken = new Set(withAliases.flatMap(({ name, aliases }) => [name, ...aliases]))
  const alone = firstOfEach(candidates.filter(({ aliases }) => aliases.length === 0), taken)
  return [...withAliases, ...alone].sort((a, b) => a.at - b.at)
}

function firstOfEach (heads: readonly Head[], taken: Set<string>): Head[] {
  return heads.filter(({ name }) => !taken.has(name) && taken.add(name))
}

/** `name`, or `name (alias, alias)`, of possible names only. */
function readHead (line: string, at: number, isName: (word: string) => boolean): Head[] {
  const { head, help } = splitHead(line)
  const open = head.indexOf(' (')
  const name = open === -1 ? head : head.slice(0, open)
  const aliases = open === -1 ? [] : head.slice(open + 2, -1).split(', ')
  const isHead = [name, ...aliases].every(isName) && (open === -1 || head.endsWith(')'))
  return isHead ? [{ at, name, aliases, help }] : []
}

function describe ({ name, aliases, help }: Head, lines: readonly string[]): ListedCommand {
  return { name, aliases: aliases.filter((alias) => alias !== name), description: unwrap([help, ...lines]) }
}

/** Commands without a help of their own stand between the braces only. */
function unlisted (names: readonly string[], heads: readonly Head[]): ListedCommand[] {
  const listed = new Set(heads.flatMap(({ name, aliases }) => [name, ...aliases]))
  return [...new Set(names)].filter((name) => !listed.has(name)).map((name) => ({ name, aliases: [], description: '' }))
}
