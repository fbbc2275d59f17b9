import type { ApiParameters } from './api-parameters.ts'
import type { Option } from './catalogue.ts'
import { isTarget, type CompiledCommand } from './compile.ts'
import { normalize } from './names.ts'
import type { Parameter } from './parameter.ts'
import type { Values } from './parameters.ts'
import { stricter, type Format, type JobKind, type NeededScope } from './policy-types.ts'

/** The scopes that a call needs: the class of the command or of its options, and `exec`. A target stands in for what it gives. */
export function needs (compiled: CompiledCommand, values: Values, api: ApiParameters = {}): readonly NeededScope[] {
  const given = present(compiled, values)
  const classes = given.flatMap(({ policy }) => policy.class ?? [])
  const own = classes.length === 0 ? compiled.policy.class : classes.reduce(stricter)
  const isExec = (parameter: Parameter) =>
    parameter.policy.exec === true && !(api.api_target !== undefined && isTarget(parameter))
  const exec = given.some(isExec) ? ['exec' as const] : []
  return [...new Set([own, ...given.flatMap(({ policy }) => policy.adds ?? []), ...exec])]
}

/** Whether a call becomes a job unasked: by its own nature, or because the configuration lists one of the command's names. */
export function isLong (compiled: CompiledCommand, values: Values, asyncCommands: readonly string[]): boolean {
  const job = jobOf(compiled, values)
  if (job !== 'asked') return job === 'always'
  const names = new Set(compiled.names.map(normalize))
  return compiled.policy.long === true || asyncCommands.some(name => names.has(normalize(name)))
}

/** Whether a call always, never or only when asked becomes a job. */
export function jobOf (compiled: CompiledCommand, values: Values): JobKind {
  return first(compiled, values, ({ policy }) => policy.job) ?? compiled.policy.job ?? 'asked'
}

/** The lane of a command: commands of one lane exclude each other per server. */
export function laneOf (compiled: CompiledCommand): 'change' | null {
  return compiled.policy.lane ?? null
}

/** What a call prints. JSON becomes console text where this Barman's `--format` offers no JSON. */
export function formatOf (compiled: CompiledCommand, values: Values, globals: readonly Option[]): Format {
  const format = first(compiled, values, ({ policy }) => policy.format) ?? compiled.policy.format
  return format === 'json' && !speaksJson(globals) ? 'console' : format
}

/** What a call reads from its standard input. */
export function stdinOf (compiled: CompiledCommand, values: Values): 'tar' | 'none' {
  return first(compiled, values, ({ policy }) => policy.stdin) ?? compiled.policy.stdin ?? 'none'
}

/** Whether `--format` takes `json`: since Barman 2.9. */
export function speaksJson (globals: readonly Option[]): boolean {
  return globals.some(({ names, choices }) => names.includes('--format') && choices?.includes('json') === true)
}

function present ({ parameters }: CompiledCommand, values: Values): readonly Parameter[] {
  return parameters.filter(({ name }) => values[name] !== undefined)
}

function first<T> (compiled: CompiledCommand, values: Values, fact: (parameter: Parameter) => T | undefined): T | undefined {
  return present(compiled, values).map(fact).find(found => found !== undefined)
}
