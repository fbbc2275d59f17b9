import { AppError } from '../errors.ts'
import type { Option } from './catalogue.ts'
import type { CompiledCommand } from './compile.ts'
import { positionalGap } from './contradictions.ts'
import { speaksJson } from './needs.ts'
import type { Parameter } from './parameter.ts'
import type { Values } from './parameters.ts'
import type { Format } from './policy-types.ts'
import type { Value } from './reading.ts'

export interface ArgvSurroundings {
  /** What this Barman's help lists before the command. */
  readonly globals: readonly Option[]
  /** Absent for Barman's own search order. */
  readonly configFile?: string | undefined
  readonly format: Format
}

/**
 * The words after the program's name: `[--config=…] [--color=never] [--format=json] COMMAND --option=value … -- POSITIONALS`.
 * Only names that the help lists, never abbreviated. Throws `bad-request` where a positional lacks the one before it.
 */
export function argv (compiled: CompiledCommand, values: Values, surroundings: ArgvSurroundings): string[] {
  const gap = positionalGap(compiled, values)
  if (gap !== null) throw new AppError('bad-request', `${gap[0].name} is required beside ${gap[1].name}`)
  const positionals = words(compiled, values, 'positional')
  return [
    ...globalWords(surroundings),
    compiled.command.name,
    ...words(compiled, values, 'option'),
    ...positionals.length === 0 ? [] : ['--', ...positionals]
  ]
}

function globalWords ({ globals, configFile, format }: ArgvSurroundings): string[] {
  const lists = (name: string) => globals.some(({ names }) => names.includes(name))
  if (configFile !== undefined && !lists('--config')) throw new Error('this barman takes no --config')
  return [
    ...configFile === undefined ? [] : [`--config=${configFile}`],
    ...lists('--color') ? ['--color=never'] : [],
    ...format === 'json' && speaksJson(globals) ? ['--format=json'] : []
  ]
}

function words ({ parameters }: CompiledCommand, values: Values, source: Parameter['source']): string[] {
  return parameters.filter(parameter => parameter.source === source).flatMap(({ name, word }) => {
    const value = values[name]
    return value === undefined ? [] : list(value).map(item => wordOf(word, item))
  })
}

function list (value: Value): readonly (boolean | number | string)[] {
  return typeof value === 'object' ? value : [value]
}

function wordOf (option: string | null, value: boolean | number | string): string {
  if (option === null) return String(value)
  return value === true ? option : `${option}=${value}`
}
