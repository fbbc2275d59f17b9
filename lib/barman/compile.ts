import { Type, type TObject } from '@sinclair/typebox'
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler'
import { API_PARAMETERS } from './api-parameters.ts'
import type { Catalogue, Command } from './catalogue.ts'
import { normalize } from './names.ts'
import { fromOption, fromPositional, type Parameter } from './parameter.ts'
import { parameterName, resolvePolicy, type ResolvedPolicy } from './policy.ts'
import type { PolicyOverrides } from './policy-overrides.ts'

/** A command ready to be asked for: immutable, made once a catalogue. */
export interface CompiledCommand {
  readonly command: Command
  readonly policy: ResolvedPolicy
  /** Every name that the command has or had: access is decided on all of them. */
  readonly names: readonly string[]
  /** Positionals in their order, then options in that of the help. */
  readonly parameters: readonly Parameter[]
  /** Those of our own parameters that make sense for it. */
  readonly apiParameters: readonly Parameter[]
  /** All parameters by every normalized spelling. */
  readonly keys: ReadonlyMap<string, Parameter>
  /** The values that `readParameters` returns, and that JSON bodies hold; what a target gives is optional here. */
  readonly schema: TObject
  readonly check: TypeCheck<TObject>
}

/** All commands of one host's Barman. */
export interface CompiledCatalogue {
  readonly catalogue: Catalogue
  readonly version: string
  /** By normalized name or alias. */
  readonly commands: ReadonlyMap<string, CompiledCommand>
  readonly list: readonly CompiledCommand[]
}

/** Compiles every command that the policy does not hide. Nothing is kept but what it returns. */
export function compileCatalogue (catalogue: Catalogue, overrides?: PolicyOverrides): CompiledCatalogue {
  const list = catalogue.commands
    .map(command => compile(command, resolvePolicy(command, overrides)))
    .filter(({ policy }) => !policy.isHidden)
  const commands = new Map(list.flatMap(compiled =>
    [...compiled.command.aliases, compiled.command.name].map(name => [normalize(name), compiled])))
  return Object.freeze({ catalogue, version: catalogue.version, commands, list: Object.freeze(list) })
}

/** The parameters of a command under its policy, and their schema. */
export function compile (command: Command, policy: ResolvedPolicy): CompiledCommand {
  const parameters = unambiguous(parametersOf(command, policy))
  const apiParameters = API_PARAMETERS.filter(({ name }) => name !== 'api_target' || parameters.some(isTarget))
  const schema = schemaOf(parameters)
  return Object.freeze({
    command,
    policy: Object.freeze(policy),
    names: Object.freeze([...policy.names]),
    parameters: Object.freeze(parameters),
    apiParameters: Object.freeze(apiParameters),
    keys: keysOf([...parameters, ...apiParameters]),
    schema,
    check: TypeCompiler.Compile(schema)
  })
}

/** Whether a named target of the local configuration can give this parameter. */
export function isTarget (parameter: Parameter): boolean {
  return parameter.policy.target !== undefined
}

function parametersOf (command: Command, policy: ResolvedPolicy): Parameter[] {
  const offered = (item: Parameters<typeof parameterName>[0]) => {
    const name = parameterName(item)
    return name !== null && policy.parameters[name]?.hidden !== true
  }
  const own = (item: Parameters<typeof parameterName>[0]) => policy.parameters[parameterName(item) ?? ''] ?? {}
  return [
    ...command.positionals.filter(offered).map(item => fromPositional(item, own(item))),
    ...command.options.filter(offered).map(item => fromOption(item, own(item)))
  ]
}

/** Of parameters with one spelling the first keeps it: a future positional and option may share a name. */
function unambiguous (parameters: readonly Parameter[]): Parameter[] {
  return parameters.filter((parameter, index) =>
    parameters.findIndex(({ name }) => normalize(name) === normalize(parameter.name)) === index)
}

function keysOf (parameters: readonly Parameter[]): ReadonlyMap<string, Parameter> {
  const keys = new Map<string, Parameter>()
  for (const parameter of parameters) for (const key of parameter.keys) if (!keys.has(key)) keys.set(key, parameter)
  for (const parameter of parameters) keys.set(normalize(parameter.name), parameter)
  return keys
}

function schemaOf (parameters: readonly Parameter[]): TObject {
  return Type.Object(Object.fromEntries(parameters.map(parameter => [
    parameter.name,
    parameter.isRequired && !isTarget(parameter) ? parameter.schema : Type.Optional(parameter.schema)
  ])), { additionalProperties: false })
}
