import type { Catalogue, Command, Option, Positional } from './catalogue.ts'
import { normalize, optionName, snakeCase } from './names.ts'
import type { PolicyOverrides } from './policy-overrides.ts'
import { GLOBAL_OPTIONS, POLICY_TABLE, SHARED_PARAMETERS, UNKNOWN_COMMAND } from './policy-table.ts'
import { isStricter, type CommandPolicy, type ParameterPolicy } from './policy-types.ts'

/** What holds for one command of one catalogue: its row of the table, guesses for the rest, the operator's word over all. */
export interface ResolvedPolicy extends CommandPolicy {
  /** Whether the table has a row for it. */
  readonly isKnown: boolean
  /** Not offered: the operator hides it, or a positional that it cannot do without. */
  readonly isHidden: boolean
  readonly parameters: Readonly<Record<string, ParameterPolicy>>
}

/** Words that make an unknown option or positional need `exec`, as parts of its name, metavar or help. */
const DANGEROUS = new RegExp(
  '(?:^|[^a-z])(?:commands?|cmd|shell|ssh|scripts?|hooks?|programs?|executables?|binar(?:y|ies)|' +
  '(?:path|file|dir)(?:s|names?|_?names?)?|director(?:y|ies)|folders?|locations?|destinations?|dest|tarballs?|' +
  'config(?:s|uration|urations)?)(?![a-z])', 'i')

/** The policy of a command. Its options and positionals are named by `parameterName`. */
export function resolvePolicy (command: Command, overrides: PolicyOverrides = new Map()): ResolvedPolicy {
  const row = rowOf(command)
  const names = [...new Set([...row?.names ?? [], command.name, ...command.aliases])]
  const said = overridesOf(names, overrides)
  const base = row ?? { ...UNKNOWN_COMMAND, summary: firstSentence(command.description) }
  const word = said.get('')
  const isHidden = word === 'hidden' || command.positionals.some(({ name, nargs }) =>
    (nargs === null || nargs === '+') && said.get(normalize(name)) === 'hidden')
  const overridden = word !== undefined && word !== 'hidden' && word !== 'free' && word !== 'exec'
  return {
    ...base,
    names,
    class: overridden ? word : base.class,
    isKnown: row !== undefined,
    isHidden,
    parameters: Object.fromEntries(described(command).map(([name, item]) => {
      const own = policyOf(name, item, row)
      return [name, override(overridden ? withoutMilderClass(own, base) : own, said.get(normalize(name)))]
    }))
  }
}

/** The commands (`new-command`), parameters (`backup.new_option`) and global options that the policy table does not name. */
export function unclassified (catalogue: Catalogue): string[] {
  const globals = catalogue.globalOptions.map(option => optionName(option) ?? option.names.join())
  return [
    ...globals.filter(name => !GLOBAL_OPTIONS.includes(name)).map(name => `(global).${name}`),
    ...catalogue.commands.flatMap(unclassifiedIn)
  ]
}

/** The name of the parameter that an option or positional becomes; `null` for an option with short spellings only. */
export function parameterName (item: Option | Positional): string | null {
  return 'names' in item ? optionName(item) : snakeCase(item.name)
}

function unclassifiedIn (command: Command): string[] {
  const row = rowOf(command)
  if (row === undefined) return [command.name]
  return [...command.positionals, ...command.options]
    .map(item => parameterName(item) ?? ('names' in item ? item.names.join() : item.name))
    .filter(name => !Object.hasOwn(row.parameters, name))
    .map(name => `${command.name}.${name}`)
}

function rowOf (command: Command): CommandPolicy | undefined {
  return POLICY_TABLE.find(row => row.names.includes(command.name)) ??
    POLICY_TABLE.find(row => command.aliases.some(alias => row.names.includes(alias)))
}

function described (command: Command): (readonly [string, Option | Positional])[] {
  return [...command.positionals, ...command.options].flatMap(item => {
    const name = parameterName(item)
    return name === null ? [] : [[name, item] as const]
  })
}

function policyOf (name: string, item: Option | Positional, row: CommandPolicy | undefined): ParameterPolicy {
  if (row !== undefined && Object.hasOwn(row.parameters, name)) return row.parameters[name] ?? {}
  if (Object.hasOwn(SHARED_PARAMETERS, name)) return SHARED_PARAMETERS[name] ?? {}
  return isDangerous(item) ? { exec: true } : {}
}

function isDangerous (item: Option | Positional): boolean {
  const words = 'names' in item ? [...item.names, item.metavar ?? ''] : [item.name]
  return [...words, item.description].some(text => DANGEROUS.test(text))
}

/** What the operator says of one command under any of its names: by normalized parameter, '' for the command itself. */
function overridesOf (names: readonly string[], overrides: PolicyOverrides) {
  return new Map(names.flatMap(name => [...overrides.get(normalize(name)) ?? []]))
}

function override (policy: ParameterPolicy, word: string | undefined): ParameterPolicy {
  if (word === 'hidden') return { ...policy, hidden: true }
  if (word === 'exec') return { ...policy, exec: true }
  if (word !== 'free') return policy
  const { exec, ...free } = policy
  return free
}

/** An operator's class holds for the whole command: `keep = config` is not undone by the `read` of `--status`. */
function withoutMilderClass (policy: ParameterPolicy, row: CommandPolicy): ParameterPolicy {
  if (policy.class === undefined || isStricter(policy.class, row.class)) return policy
  const { class: milder, ...rest } = policy
  return rest
}

function firstSentence (description: string): string {
  return /^.*?[.](?=\s|$)/s.exec(description)?.[0] ?? description
}
