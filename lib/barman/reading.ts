import { expectation, type Parameter } from './parameter.ts'
import { valueFault } from './values.ts'
import { quote } from './text.ts'

/** Where an input comes from: a query has text only, a body has the types of JSON. */
export type Origin = 'query' | 'body'

export type Value = boolean | number | string | readonly string[]

/** One value as Barman may have it, or what is wrong with it. */
export type Reading<T> = { readonly value: T } | { readonly fault: string }

const FLAGS: ReadonlyMap<unknown, boolean> = new Map([['', true], ['true', true], ['1', true], ['false', false], ['0', false]])

/** Reads what was given for a parameter that is no list. */
export function readValue (parameter: Parameter, raw: unknown, origin: Origin): Reading<boolean | number | string> {
  if (parameter.shape === 'flag') return readFlag(raw, origin)
  if (parameter.shape === 'optional' && isBare(raw, origin)) return { value: true }
  return parameter.type === 'integer' && parameter.choices === null
    ? readInteger(parameter, raw, origin)
    : readText(parameter, raw, origin)
}

/** Reads a text, in a list or alone. The number of a timeline may be a number. */
export function readText (parameter: Parameter, raw: unknown, origin: Origin): Reading<string> {
  const text = origin === 'body' && parameter.type === 'timeline' && Number.isSafeInteger(raw) ? String(raw) : raw
  if (typeof text !== 'string') return { fault: `must be ${expectation(parameter)}, as a string` }
  if (parameter.choices !== null) {
    return parameter.choices.includes(text) ? { value: text } : { fault: `must be ${expectation(parameter)}, not ${quote(text)}` }
  }
  if (text === '--') return { fault: 'may not be --' } // argparse drops it, even out of `--option=--`
  const fault = parameter.type === 'integer' ? null : valueFault(parameter.type, text)
  return fault === null ? { value: text } : { fault }
}

function readFlag (raw: unknown, origin: Origin): Reading<boolean> {
  const value = origin === 'query' ? FLAGS.get(raw) : raw
  if (typeof value === 'boolean') return { value }
  return { fault: origin === 'query' ? 'must be true, false, 1, 0 or empty' : 'must be true or false' }
}

function isBare (raw: unknown, origin: Origin): boolean {
  return raw === '' || raw === (origin === 'query' ? 'true' : true)
}

function readInteger (parameter: Parameter, raw: unknown, origin: Origin): Reading<number> {
  const value = origin === 'query' && typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw
  const isGood = Number.isSafeInteger(value) && Number(value) >= parameter.minimum && Number(value) <= parameter.maximum
  return isGood ? { value: Number(value) } : { fault: `must be ${expectation(parameter)}` }
}
