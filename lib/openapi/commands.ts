import { type TSchema, Type } from '@sinclair/typebox'
import { CommandHelp, CommandReply } from '../../schemas/command.ts'
import { Job } from '../../schemas/job.ts'
import { type CompiledCatalogue, type CompiledCommand, isTarget } from '../barman/compile.ts'
import { stdinOf } from '../barman/needs.ts'
import type { Parameter } from '../barman/parameter.ts'
import { problemResponses, ref } from './parts.ts'

type Operation = Record<string, unknown>

/** One concrete path a command and an alias, with its own parameters; none where one of the `taken` paths stands. */
export function commandPaths ({ list }: CompiledCatalogue, asyncCommands: ReadonlySet<string>, taken: ReadonlySet<string>): Record<string, Record<string, Operation>> {
  const named = list.flatMap((compiled) => [compiled.command.name, ...compiled.command.aliases].map((name) => ({ name, compiled })))
  return Object.fromEntries(named.filter(({ name }) => !taken.has(`/barman/${name}`)).flatMap(({ name, compiled }) => [
    [`/barman/${name}`, operations(name, compiled, asyncCommands)],
    [`/barman/${name}/help`, { get: helpOperation(name) }]
  ]))
}

function operations (name: string, compiled: CompiledCommand, asyncCommands: ReadonlySet<string>): Record<string, Operation> {
  const { policy } = compiled
  const isRead = policy.class === 'read' || policy.format === 'bytes'
  const common = {
    tags: [policy.class],
    summary: policy.summary,
    description: description(name, compiled),
    responses: responses(compiled, isRead, asyncCommands)
  }
  const byGet = { ...common, parameters: parametersOf(compiled) }
  const byPost = stdinOf(compiled, {}) === 'tar'
    ? { ...byGet, requestBody: { required: true, content: { 'application/x-tar': { schema: { type: 'string', format: 'binary' } } } } }
    : { ...common, requestBody: bodyOf(compiled) }
  const id = camelCase(name)
  if (stdinOf(compiled, {}) === 'tar') return { post: { ...byPost, operationId: id } }
  return isRead
    ? { get: { ...byGet, operationId: id }, post: { ...byPost, operationId: `${id}ByPost`, deprecated: true } }
    : { post: { ...byPost, operationId: id }, get: { ...byGet, operationId: `${id}ByGet`, deprecated: true } }
}

function helpOperation (name: string): Operation {
  return {
    operationId: `${camelCase(name)}Help`,
    tags: ['catalogue'],
    summary: `Parameters of ${name}`,
    responses: { 200: json('The command and its parameters', ref(CommandHelp)), ...problemResponses }
  }
}

function description (name: string, { command, policy, names }: CompiledCommand): string {
  const alias = name === command.name ? '' : `Another name of \`${command.name}\`.`
  const needs = `Needs the scope \`${policy.class}\`; users are let in or kept out under any of its names: ${names.map((other) => `\`${other}\``).join(', ')}.`
  return [alias, command.description, needs].filter(Boolean).join('\n\n')
}

function parametersOf ({ parameters, apiParameters }: CompiledCommand): object[] {
  return [...parameters, ...apiParameters].map((parameter) => ({
    name: parameter.name,
    in: 'query',
    required: isNeeded(parameter),
    description: describe(parameter),
    schema: withoutDescription(parameter.schema)
  }))
}

function bodyOf ({ parameters, apiParameters }: CompiledCommand): object {
  const all = [...parameters, ...apiParameters]
  const schema = Type.Object(Object.fromEntries(all.map((parameter) => [
    parameter.name, isNeeded(parameter) ? parameter.schema : Type.Optional(parameter.schema)
  ])), { additionalProperties: false })
  return { required: all.some(isNeeded), content: { 'application/json': { schema } } }
}

function isNeeded (parameter: Parameter): boolean {
  return parameter.isRequired && !isTarget(parameter)
}

function describe ({ schema, policy }: Parameter): string {
  return [schema.description, policy.exec === true ? 'Needs the scope `exec`.' : ''].filter(Boolean).join(' ')
}

function withoutDescription ({ description, ...schema }: TSchema): object {
  return schema
}

function responses ({ policy, names }: CompiledCommand, isRead: boolean, asyncCommands: ReadonlySet<string>): object {
  if (policy.format === 'bytes') {
    return { 200: { description: 'The bytes, whole', content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } }, ...problemResponses }
  }
  const isAsync = policy.long === true || names.some((name) => asyncCommands.has(name))
  return {
    200: isRead ? json('What Barman answered', ref(CommandReply)) : json('The job has ended', ref(Job)),
    ...(policy.job === 'never'
      ? {}
      : { 202: { ...json(isAsync ? 'The job runs' : 'The job still runs, or a job was asked for', ref(Job)), headers: HEADERS } }),
    ...problemResponses
  }
}

const HEADERS = {
  Location: { description: 'The job', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds after which to look again', schema: { type: 'integer' } }
}

function json (description: string, schema: object): object {
  return { description, content: { 'application/json': { schema } } }
}

/** `list-backups` as `listBackups`. */
export function camelCase (name: string): string {
  return name.replace(/[-_]+(\w)/g, (_, letter: string) => letter.toUpperCase())
}
