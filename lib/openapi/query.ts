import type { TSchema } from '@sinclair/typebox'
import type { Parameter } from '../barman/parameter.ts'
import { exampleOf } from './examples.ts'

/** A parameter as it stands in a query. */
export function queryParameter (parameter: Parameter, isNeeded: boolean): object {
  const { description, ...schema } = described(parameter)
  return { name: parameter.name, in: 'query', required: isNeeded, description, schema, ...(isNeeded ? { example: exampleOf(parameter) } : {}) }
}

/** Its schema, with all that a caller should know of it. */
export function described ({ schema, policy }: Parameter): TSchema {
  const { class: scope, adds, exec } = policy
  const needs = [
    scope === undefined ? '' : `With it, the scope \`${scope}\` is what the command needs.`,
    adds === undefined ? '' : `Needs the scope \`${adds}\` too.`,
    exec === true ? 'Needs the scope `exec`.' : ''
  ]
  return { ...schema, description: [schema.description, ...needs].filter(Boolean).join(' ') }
}
