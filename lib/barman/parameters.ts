import type { ApiParameters } from './api-parameters.ts'
import { closest } from './closest.ts'
import { isTarget, type CompiledCommand } from './compile.ts'
import { addContradictions } from './contradictions.ts'
import { Faults } from './faults.ts'
import { normalize } from './names.ts'
import { expectation, MAX_ITEMS, type Parameter } from './parameter.ts'
import { readText, readValue, type Origin, type Value } from './reading.ts'
import { quote } from './text.ts'

/** What a caller says: the decoded pairs of a query in their order, or the value of a JSON body. */
export type Input =
  { readonly from: 'query', readonly entries: readonly (readonly [string, string])[] } |
  { readonly from: 'body', readonly object: unknown }

/** What Barman is to be told, by parameter name. Flags are `true` or absent. */
export type Values = Readonly<Record<string, Value>>

export interface ReadParameters { readonly values: Values, readonly api: ApiParameters }

/** One parameter as a caller gave it: under which spelling, and what. */
interface Given { readonly name: string, readonly raw: unknown }

/** Reads what is asked of a command, or throws `unknown-parameter` or `bad-request` with all that is wrong. */
export function readParameters (compiled: CompiledCommand, input: Input): ReadParameters {
  const faults = new Faults()
  const given = group(compiled, entriesOf(input, faults), faults)
  const read = new Map([...given].flatMap(([parameter, gifts]) => {
    const value = readAll(parameter, gifts, input.from, faults)
    return value === undefined ? [] : [[parameter, value] as const]
  }))
  const values = record(read, ({ source }) => source !== 'api')
  const api: ApiParameters = record(read, ({ source }) => source === 'api')
  addMissing(compiled, given, api, faults)
  addContradictions(compiled, values, api, faults)
  faults.throwIfAny()
  return { values, api }
}

function entriesOf (input: Input, faults: Faults): readonly (readonly [string, unknown])[] {
  if (input.from === 'query') return input.entries
  const object = input.object ?? {}
  if (typeof object === 'object' && !Array.isArray(object)) return Object.entries(object)
  faults.add([], 'must be a JSON object')
  return []
}

function group ({ keys }: CompiledCommand, entries: readonly (readonly [string, unknown])[], faults: Faults) {
  const given = new Map<Parameter, Given[]>()
  for (const [name, raw] of entries) {
    const parameter = keys.get(normalize(name))
    const gifts = parameter === undefined ? undefined : given.get(parameter)
    if (parameter === undefined) faults.addUnknown(name, unknownDetail(name, keys))
    else if (gifts === undefined) given.set(parameter, [{ name, raw }])
    else gifts.push({ name, raw })
  }
  return given
}

function unknownDetail (name: string, keys: ReadonlyMap<string, Parameter>): string {
  const near = closest(name, new Set([...keys.values()].map(parameter => parameter.name)))
  return near === null ? 'is no parameter of this command' : `is no parameter of this command; did you mean ${near}?`
}

function readAll (parameter: Parameter, gifts: readonly Given[], origin: Origin, faults: Faults): Value | undefined {
  const [first, second] = gifts
  if (first === undefined) return undefined
  const isList = parameter.shape === 'list'
  if (second !== undefined && !(isList && origin === 'query')) {
    faults.add([second.name], second.name === first.name ? 'is given twice' : `is given twice, also as ${quote(first.name)}`)
    return undefined
  }
  const raws = origin === 'query' ? gifts.map(({ raw }) => raw) : wrap(first.raw)
  if (isList) return readList(parameter, first.name, raws, origin, faults)
  const reading = readValue(parameter, first.raw, origin)
  if ('value' in reading) return reading.value === false && parameter.source !== 'api' ? undefined : reading.value
  faults.add([first.name], reading.fault)
}

function readList (
  parameter: Parameter, name: string, raws: readonly unknown[], origin: Origin, faults: Faults
): readonly string[] | undefined {
  if (raws.length > MAX_ITEMS) faults.add([name], `holds more than ${MAX_ITEMS} values`)
  if (raws.length === 0 && parameter.isRequired) faults.add([name], 'is empty: one value at least is needed')
  const texts = raws.slice(0, MAX_ITEMS).flatMap((raw, index) => {
    const reading = readText(parameter, raw, origin)
    if ('value' in reading) return [reading.value]
    faults.add([name, index], reading.fault)
    return []
  })
  return texts.length === 0 ? undefined : texts
}

function wrap (raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : [raw]
}

/** A parameter with a fault of its own is not also called missing. */
function addMissing ({ parameters }: CompiledCommand, given: ReadonlyMap<Parameter, unknown>, api: ApiParameters, faults: Faults): void {
  for (const parameter of parameters) {
    if (!parameter.isRequired || given.has(parameter)) continue
    if (isTarget(parameter) && api.api_target !== undefined) continue
    const orTarget = isTarget(parameter) ? ', unless api_target names a target' : ''
    faults.add([parameter.name], `is required: ${expectation(parameter)}${orTarget}`)
  }
}

function record (read: ReadonlyMap<Parameter, Value>, wanted: (parameter: Parameter) => boolean): Values {
  return Object.freeze(Object.fromEntries([...read].filter(([parameter]) => wanted(parameter))
    .map(([{ name }, value]) => [name, value])))
}
