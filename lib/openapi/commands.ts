import { type TObject, Type } from '@sinclair/typebox'
import { CommandHelp, CommandReply } from '../../schemas/command.ts'
import { type CompiledCatalogue, type CompiledCommand } from '../barman/compile.ts'
import { stdinOf } from '../barman/needs.ts'
import type { Parameter } from '../barman/parameter.ts'
import { descriptionOf, summaryOf } from './describe.ts'
import { exampleCall, isNeeded } from './examples.ts'
import { camelCase } from './names.ts'
import { json, PROBLEM_RESPONSES, ref, refTo } from './parts.ts'
import { described, queryParameter } from './query.ts'
import { sampleReply } from './samples.ts'

type Operation = Record<string, unknown>
type PathItem = Record<string, Operation>

const KEY = refTo('parameters', 'idempotencyKey')

/** One concrete path a command and an alias, with its own parameters; none where one of the `taken` paths stands. */
export function commandPaths ({ list }: CompiledCatalogue, asyncCommands: readonly string[], taken: ReadonlySet<string>): Record<string, PathItem> {
  const named = list.flatMap((compiled) => [...new Set([compiled.command.name, ...compiled.command.aliases])].map((name) => ({ name, compiled })))
  return {
    '/barman/{command}/help': { get: helpOperation(named.map(({ name }) => name)) },
    ...Object.fromEntries(named.filter(({ name }) => !taken.has(`/barman/${name}`))
      .map(({ name, compiled }) => [`/barman/${name}`, pathItem(name, compiled, asyncCommands)]))
  }
}

function pathItem (name: string, compiled: CompiledCommand, asyncCommands: readonly string[]): PathItem {
  const common = {
    tags: [compiled.policy.class],
    summary: summaryOf(name, compiled),
    description: descriptionOf(name, compiled, asyncCommands),
    responses: responsesOf(compiled)
  }
  const id = camelCase(name)
  const byGet = { ...common, parameters: parametersOf(compiled) }
  if (stdinOf(compiled, {}) === 'tar') return tarPath(id, byGet, compiled)
  const byPost = { ...common, ...isRead(compiled) ? {} : { parameters: [KEY] }, requestBody: bodyOf(compiled) }
  return isRead(compiled)
    ? { get: { ...byGet, operationId: id }, post: { ...byPost, operationId: `${id}ByPost`, deprecated: true } }
    : { post: { ...byPost, operationId: id }, get: { ...byGet, operationId: `${id}ByGet`, deprecated: true } }
}

/** A body of bytes leaves the query for parameters; without bytes it is a call as any other, where an option makes it one. */
function tarPath (id: string, byGet: Operation, compiled: CompiledCommand): PathItem {
  const withoutBytes = compiled.parameters.filter(({ policy }) => policy.stdin === 'none').map(({ name }) => name)
  const parameters = parametersOf(compiled).filter((parameter) => !('name' in parameter && withoutBytes.includes(String(parameter.name))))
  const requestBody = { required: true, description: 'A tar archive.', content: { 'application/x-tar': { schema: { type: 'string', format: 'binary' } } } }
  const post = { ...byGet, parameters, requestBody, operationId: id }
  return withoutBytes.length === 0 ? { post } : { post, get: { ...byGet, operationId: `${id}ByGet`, deprecated: true } }
}

function helpOperation (names: readonly string[]): Operation {
  return {
    operationId: 'getCommandHelp',
    tags: ['catalogue'],
    summary: 'One command with its parameters',
    description: 'What `/barman/help` says of it, and nothing of what the caller may not call.\n\nNeeds the scope `read`.',
    parameters: [{ name: 'command', in: 'path', required: true, description: 'A command, by any of its names.', schema: { type: 'string', enum: names }, example: names[0] }],
    responses: { 200: { description: 'The command and its parameters', content: json(ref(CommandHelp)) }, ...PROBLEM_RESPONSES }
  }
}

function parametersOf (compiled: CompiledCommand): object[] {
  return [
    ...compiled.parameters.map((parameter) => queryParameter(parameter, isNeeded(parameter))),
    ...ours(compiled).map(({ name }) => refTo('parameters', name)),
    ...isRead(compiled) ? [] : [KEY]
  ]
}

/** Its schema stands in its place and not by a name: only so do generators make `backup({ server_name })` of it. */
function bodyOf (compiled: CompiledCommand): object {
  return { required: compiled.parameters.some(isNeeded), content: json(inputOf(compiled), exampleCall(compiled)) }
}

function inputOf (compiled: CompiledCommand): TObject {
  const properties = [...compiled.parameters, ...ours(compiled)].map((parameter) =>
    [parameter.name, isNeeded(parameter) ? described(parameter) : Type.Optional(described(parameter))] as const)
  return Type.Object(Object.fromEntries(properties), { additionalProperties: false })
}

/** Those of our own parameters that change what this command does. */
function ours ({ policy, apiParameters }: CompiledCommand): readonly Parameter[] {
  const isMoot: Readonly<Record<string, boolean>> = {
    api_async: policy.job === 'never',
    api_wait: policy.job === 'never',
    api_if_busy: policy.lane === undefined,
    api_strict: policy.class !== 'read'
  }
  return apiParameters.filter(({ name }) => isMoot[name] !== true)
}

function isRead ({ policy }: CompiledCommand): boolean {
  return policy.class === 'read' || policy.format === 'bytes'
}

function responsesOf (compiled: CompiledCommand): object {
  const { command, policy, names } = compiled
  const reply = json(ref(CommandReply), sampleReply(command.name, names))
  if (policy.format === 'bytes') {
    const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
    return { 200: { description: 'The bytes, or what an option asks for in their place', content: { ...bytes, ...reply } }, ...PROBLEM_RESPONSES }
  }
  return {
    200: isRead(compiled) ? { description: 'What Barman answered', content: reply } : refTo('responses', 'JobEnded'),
    ...(policy.job === 'never' ? {} : { 202: refTo('responses', 'JobAccepted') }),
    ...PROBLEM_RESPONSES
  }
}
