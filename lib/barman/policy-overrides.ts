import type { Catalogue } from './catalogue.ts'
import { normalize } from './names.ts'
import { parameterName } from './policy.ts'
import { POLICY_TABLE } from './policy-table.ts'
import { CLASSES, type CommandClass } from './policy-types.ts'

const PARAMETER_WORDS = ['free', 'exec', 'hidden'] as const
const COMMAND_WORDS = [...CLASSES, 'hidden'] as const

export type OverrideWord = CommandClass | typeof PARAMETER_WORDS[number]

/** By normalized command, then by normalized parameter; '' stands for the command itself. */
export type PolicyOverrides = ReadonlyMap<string, ReadonlyMap<string, OverrideWord>>

export interface ParsedOverrides { readonly overrides: PolicyOverrides, readonly faults: readonly string[] }

/**
 * The `[policy]` section as data. Its lines are `COMMAND = CLASS` or `COMMAND = hidden`, and
 * `COMMAND.PARAMETER = free`, `exec` or `hidden`; any name of a command stands for all of them:
 *
 *     backup = operate
 *     config-update = hidden
 *     restore.destination_directory = free
 */
export function parseOverrides (section: Readonly<Record<string, string>>): ParsedOverrides {
  const overrides = new Map<string, Map<string, OverrideWord>>()
  const faults: string[] = []
  for (const [key, value] of Object.entries(section)) {
    const [command, parameter] = splitKey(key)
    const words: readonly OverrideWord[] = parameter === '' ? COMMAND_WORDS : PARAMETER_WORDS
    const word = words.find(known => known === value.trim())
    if (word === undefined) faults.push(`[policy] ${key} must be one of ${words.join(', ')}`)
    else overrides.set(command, new Map([...overrides.get(command) ?? [], [parameter, word]]))
  }
  return { overrides, faults }
}

/** The overrides that name nothing in this catalogue, nor in the policy table: most likely slips of the pen. */
export function unusedOverrides (catalogue: Catalogue, overrides: PolicyOverrides): string[] {
  const known = knownNames(catalogue)
  return [...overrides].flatMap(([command, words]) => [...words.keys()]
    .map(parameter => parameter === '' ? command : `${command}.${parameter}`)
    .filter(name => !known.has(name)))
}

function splitKey (key: string): [string, string] {
  const [command = '', ...parameter] = key.split('.')
  return [normalize(command.trim()), normalize(parameter.join('.').trim())]
}

function knownNames (catalogue: Catalogue): Set<string> {
  const rows = [
    ...POLICY_TABLE.map(row => ({ names: row.names, parameters: Object.keys(row.parameters) })),
    ...catalogue.commands.map(command => ({
      names: [command.name, ...command.aliases],
      parameters: [...command.positionals, ...command.options].map(item => parameterName(item) ?? '')
    }))
  ]
  return new Set(rows.flatMap(({ names, parameters }) => names.flatMap(name =>
    [normalize(name), ...parameters.map(parameter => `${normalize(name)}.${normalize(parameter)}`)])))
}
