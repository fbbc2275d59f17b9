import { AppError } from '../errors.ts'
import type { Scope } from '../../schemas/user.ts'
import { type Access, mayCall, maySee } from '../users/access.ts'
import type { User } from '../users/user.ts'
import { argv } from './argv.ts'
import type { ApiParameters } from './api-parameters.ts'
import type { CompiledCommand } from './compile.ts'
import type { Host } from './host.ts'
import { formatOf, needs } from './needs.ts'
import { type Input, readParameters, type Values } from './parameters.ts'
import type { Format, NeededScope } from './policy-types.ts'
import { applyTarget, type Target } from './target.ts'

/** One command as one caller asked for it: checked, allowed, and with its servers found. */
export interface Call {
  readonly host: Host
  readonly compiled: CompiledCommand
  readonly values: Values
  readonly api: ApiParameters
  /** The scopes it needs, that of its class first. */
  readonly scopes: readonly NeededScope[]
  readonly format: Format
  /** The servers it is for; empty where the command takes none. */
  readonly servers: readonly string[]
  /** It named several servers, or `all`: one process each. */
  readonly isSeveral: boolean
  /** Whether the caller may see a server; what he may not is left out of what Barman lists. */
  readonly sees: (server: string) => boolean
}

export interface CallRequest {
  readonly host: Host
  readonly user: User
  readonly compiled: CompiledCommand
  readonly input: Input
  readonly targets: ReadonlyMap<string, Target>
}

/** Checks what is asked for, in this order: the right to call at all, the parameters, the right to those, the servers. Starts nothing. */
export async function prepareCall ({ host, user, compiled, input, targets }: CallRequest): Promise<Call> {
  allow(user, accessTo(host, compiled, []))
  if (user.servers !== null && !isForServers(compiled) && !isList(compiled)) throw new AppError('forbidden', 'This command is about all servers, and you may see only some')
  const { values: given, api } = readParameters(compiled, input)
  const values = api.api_target === undefined ? given : applyTarget(compiled, given, targetOf(targets, api.api_target))
  const scopes = needs(compiled, given, api)
  allow(user, accessTo(host, compiled, scopes))
  const format = formatOf(compiled, values, host.catalogue.catalogue.globalOptions)
  return { host, compiled, values, api, scopes, format, sees: (server) => maySee(user, server), ...await findServers(host, user, compiled, values) }
}

/** What a user needs for a command: decided on all its names. */
export function accessTo (host: Host, { names }: CompiledCommand, scopes: readonly Scope[]): Access {
  const [path = '', ...aliases] = names.map((name) => `barman/${name}`)
  return { path, aliases, scopes, host: host.name }
}

/** The words for barman, for one server of the call. */
export function argvFor ({ host, compiled, values, format }: Call, server: string | null): string[] {
  const isList = compiled.parameters.some(({ name, shape }) => name === 'server_name' && shape === 'list')
  return argv(compiled, server === null ? values : { ...values, server_name: isList ? [server] : server }, {
    globals: host.catalogue.catalogue.globalOptions, format, configFile: host.configFile === '' ? undefined : host.configFile
  })
}

/** Whether it answers with the names of servers, which can be left out one by one. */
export function isList ({ names }: CompiledCommand): boolean {
  return names.includes('list-servers') || names.includes('list-server')
}

function isForServers ({ parameters }: CompiledCommand): boolean {
  return parameters.some(({ name }) => name === 'server_name')
}

function allow (user: User, access: Access): void {
  const decision = mayCall(user, access)
  if (!decision.allowed) throw new AppError('forbidden', decision.because)
}

function targetOf (targets: ReadonlyMap<string, Target>, name: string): Target {
  const target = targets.get(name)
  if (!target) throw new AppError('bad-request', 'There is no such target', { errors: [{ pointer: '/api_target', detail: 'is not a [target] of the local configuration' }] })
  return target
}

/** A server that the user may not see does not exist for him. */
async function findServers (host: Host, user: User, compiled: CompiledCommand, { server_name: given }: Values): Promise<Pick<Call, 'servers' | 'isSeveral'>> {
  const isList = Array.isArray(given)
  const named = [...new Set(isList ? given : typeof given === 'string' ? [given] : [])]
  if (isList && named[0] === 'all') {
    const servers = (await host.servers()).filter((server) => maySee(user, server))
    if (servers.length === 0 && user.servers !== null) throw new AppError('unknown-server', 'There is no server that you may see')
    return { servers, isSeveral: true }
  }
  const pointer = (index: number) => isList ? `/server_name/${index}` : '/server_name'
  const hidden = named.flatMap((server, index) => maySee(user, server) ? [] : [{ pointer: pointer(index), detail: 'is not a server of this Barman' }])
  if (hidden.length > 0) throw new AppError('unknown-server', 'There is no such server', { errors: hidden })
  if (named.length > 0) await host.checkServers(named, pointer)
  return { servers: named, isSeveral: named.length > 1 }
}
