import type { CatalogueHelp, CommandHelp } from '../../schemas/command.ts'
import { AppError } from '../errors.ts'
import { mayCall } from '../users/access.ts'
import type { User } from '../users/user.ts'
import { accessTo } from './call.ts'
import type { CompiledCatalogue, CompiledCommand } from './compile.ts'
import type { Host } from './host.ts'
import { isLong } from './needs.ts'
import type { Parameter } from './parameter.ts'

/** Tells people what a host's Barman offers, in the words of its own help; what a user may not call is not there for him. */
export class Explainer {
  readonly #asyncCommands: readonly string[]

  constructor (asyncCommands: readonly string[]) {
    this.#asyncCommands = asyncCommands
  }

  async catalogue (host: Host, user: User): Promise<CatalogueHelp> {
    return this.#explain(host, user, await host.current())
  }

  /** Asks Barman again first, or throws `barman-unusable` and leaves the old catalogue in place. */
  async reload (host: Host, user: User): Promise<CatalogueHelp> {
    return this.#explain(host, user, await host.reload())
  }

  /** One command, or throws `unknown-command` or `forbidden`. */
  async command (host: Host, user: User, name: string): Promise<CommandHelp> {
    const compiled = await host.command(name)
    const decision = mayCall(user, accessTo(host, compiled, ['read']))
    if (!decision.allowed) throw new AppError('forbidden', decision.because)
    return this.#describe(compiled)
  }

  #explain (host: Host, user: User, { version, list }: CompiledCatalogue): CatalogueHelp {
    const open = list.filter((compiled) => mayCall(user, accessTo(host, compiled, [])).allowed)
    return { host: host.name, barmanVersion: version, commands: open.map((compiled) => this.#describe(compiled)) }
  }

  #describe (compiled: CompiledCommand): CommandHelp {
    const { command, policy, parameters, apiParameters } = compiled
    return {
      command: command.name,
      aliases: [...command.aliases],
      description: command.description || policy.summary,
      class: policy.class,
      async: isLong(compiled, {}, this.#asyncCommands),
      url: `/barman/${command.name}`,
      required: parameters.filter(({ isRequired }) => isRequired).map(describe),
      optional: [...parameters.filter(({ isRequired }) => !isRequired), ...apiParameters].map(describe)
    }
  }
}

function describe ({ name, isRequired, source, shape, type, choices, description, policy, schema }: Parameter): CommandHelp['required'][number] {
  const types = { flag: 'boolean', list: 'array', value: type === 'integer' ? 'integer' : 'string', optional: 'boolean or string' }
  return {
    name,
    required: isRequired,
    positional: source === 'positional',
    type: types[shape],
    values: shape === 'flag' ? [true, false] : choices && [...shape === 'optional' ? [true] : [], ...choices],
    description: description || String(schema.description ?? ''),
    needsExec: policy.exec === true,
    schema
  }
}
