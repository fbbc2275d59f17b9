import { Type, type TSchema } from '@sinclair/typebox'
import type { Option, Positional } from './catalogue.ts'
import { longNames, normalize, snakeCase } from './names.ts'
import type { ParameterPolicy } from './policy-types.ts'
import { VALUE_KINDS, type ValueType } from './values.ts'

/** How often and with what a parameter is given: alone, with a value, with either, or with several. */
export type Shape = 'flag' | 'value' | 'optional' | 'list'

/** One thing that a caller may say, from the help of Barman and the policy, or one of our own. */
export interface Parameter {
  /** As documented: snake_case. */
  readonly name: string
  /** Every spelling that is accepted, normalized. */
  readonly keys: readonly string[]
  readonly source: 'positional' | 'option' | 'api'
  readonly shape: Shape
  readonly type: ValueType | 'integer'
  readonly choices: readonly string[] | null
  readonly minimum: number
  readonly maximum: number
  readonly isRequired: boolean
  /** The exact option on the command line; `null` for what is none. */
  readonly word: string | null
  readonly description: string
  readonly policy: ParameterPolicy
  /** The value as JSON, as `readParameters` returns it. */
  readonly schema: TSchema
}

export type ParameterFacts = Omit<Parameter, 'schema' | 'minimum' | 'maximum'>

export const MAX_ITEMS = 200 // of a list, far from the kernel's limit for a command line
const MAX_INTEGER = 2 ** 31 - 1

/** The parameter that a positional becomes. */
export function fromPositional (positional: Positional, policy: ParameterPolicy): Parameter {
  const isList = positional.nargs === '+' || positional.nargs === '*'
  return parameter({
    name: snakeCase(positional.name),
    keys: [normalize(positional.name)],
    source: 'positional',
    shape: isList ? 'list' : 'value',
    type: policy.type ?? 'text',
    choices: positional.choices ?? policy.choices ?? null,
    isRequired: positional.nargs === null || positional.nargs === '+',
    word: null,
    description: positional.description,
    policy
  })
}

/** The parameter that an option becomes, named by the longest of its long spellings and known by all of them. */
export function fromOption (option: Option, policy: ParameterPolicy): Parameter {
  const [word = '', ...others] = longNames(option)
  return parameter({
    name: snakeCase(word),
    keys: [word, ...others].map(normalize),
    source: 'option',
    shape: policy.repeat === true ? 'list' : option.arity,
    type: policy.type ?? 'text',
    choices: option.choices ?? policy.choices ?? null,
    isRequired: false,
    word,
    description: option.description,
    policy
  })
}

/** Completes a parameter with its bounds and its schema. */
export function parameter (facts: ParameterFacts): Parameter {
  const bounds = { minimum: facts.policy.minimum ?? 0, maximum: facts.policy.maximum ?? MAX_INTEGER }
  return Object.freeze({ ...facts, ...bounds, schema: schemaOf({ ...facts, ...bounds }) })
}

/** What a good value is, as the rest of "must be …". */
export function expectation (parameter: Omit<Parameter, 'schema'>): string {
  if (parameter.choices !== null) return `one of ${parameter.choices.join(', ')}`
  if (parameter.type !== 'integer') return VALUE_KINDS[parameter.type].expected
  return `a whole number from ${parameter.minimum} to ${parameter.maximum}`
}

function schemaOf (parameter: Omit<Parameter, 'schema'>): TSchema {
  const description = describe(parameter)
  const value = valueSchema(parameter)
  switch (parameter.shape) {
    case 'flag': return Type.Boolean({ description })
    case 'value': return { ...value, description }
    case 'optional': return Type.Union([Type.Literal(true), value], { description })
    case 'list': return Type.Array(value, { minItems: 1, maxItems: MAX_ITEMS, description })
  }
}

function valueSchema ({ choices, type, minimum, maximum }: Omit<Parameter, 'schema'>): TSchema {
  // TypeCompiler does not read `enum`, so the pattern says the same to it.
  if (choices !== null) return Type.String({ enum: choices, pattern: `^(?:${choices.map(escape).join('|')})$` })
  if (type === 'integer') return Type.Integer({ minimum, maximum })
  const { maxLength, pattern } = VALUE_KINDS[type]
  return Type.String({ minLength: 1, maxLength, pattern: pattern.source })
}

function describe (parameter: Omit<Parameter, 'schema'>): string {
  const { description, shape, choices, type } = parameter
  const isPlain = shape === 'flag' || choices !== null || type === 'text' || type === 'integer'
  const sentence = isPlain ? '' : `Must be ${expectation(parameter)}.`
  return [description.replace(/(?<![.!?])$/, description === '' ? '' : '.'), sentence].filter(Boolean).join(' ')
}

function escape (choice: string): string {
  return choice.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
