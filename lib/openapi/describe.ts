import type { CompiledCommand } from '../barman/compile.ts'
import { isLong } from '../barman/needs.ts'
import type { CommandClass, CommandPolicy } from '../barman/policy-types.ts'
import type { ResolvedPolicy } from '../barman/policy.ts'

const CHANGES: Readonly<Record<CommandClass, string>> = {
  read: 'Changes nothing.',
  operate: 'Works on backups, WAL files or processes; what Barman is configured to keep is kept.',
  restore: 'Hands out data; the backups stay as they are.',
  config: 'Changes how Barman works from then on.',
  destroy: 'Removes or overwrites data: nothing brings it back.'
}

const DURATIONS: Readonly<Record<CommandPolicy['duration'], string>> = {
  short: 'Takes seconds.',
  minutes: 'Takes seconds to minutes.',
  hours: 'Takes minutes to many hours, by the size of the server.'
}

/** One line for lists; of an alias, whose alias it is. */
export function summaryOf (name: string, { command, policy }: CompiledCommand): string {
  const summary = (policy.summary || `Runs \`barman ${command.name}\``).replace(/\.$/, '')
  return name === command.name ? summary : `${summary} (as ${command.name})`
}

/** What a person wants to know before calling: Barman's own words first, then what it changes, how long it takes, what it answers and what it needs. */
export function descriptionOf (name: string, compiled: CompiledCommand, asyncCommands: readonly string[]): string {
  const { command, policy } = compiled
  return [
    command.description || policy.summary,
    name === command.name ? '' : `Another name of \`${command.name}\`.`,
    list([
      ['Effect', policy.isKnown ? CHANGES[policy.class] : 'Not known here: this command is newer than the service, which expects the worst of it.'],
      ['Duration', DURATIONS[policy.duration]],
      ['Answer', answerOf(compiled, asyncCommands)],
      ['Concurrency', turnsOf(policy)],
      ['Needs', needsOf(compiled)]
    ])
  ].filter(Boolean).join('\n\n')
}

function list (rows: ReadonlyArray<readonly [string, string]>): string {
  return rows.filter(([, text]) => text !== '').map(([title, text]) => `- **${title}:** ${text}`).join('\n')
}

function answerOf (compiled: CompiledCommand, asyncCommands: readonly string[]): string {
  const { policy } = compiled
  if (policy.format === 'bytes') return 'The bytes, whole and with their length, once barman has exited 0.'
  if (policy.job === 'never') return 'The result. It never becomes a job.'
  if (isLong(compiled, {}, asyncCommands)) return 'A job, at once (202). `api_wait=N` waits up to N seconds for its end (200).'
  if (policy.class === 'read') return 'The result. With `api_async=true` a job (202).'
  return 'A job: whole if it ends within a minute (200), else its ticket (202).'
}

function turnsOf ({ lane, holds }: ResolvedPolicy): string {
  if (lane === 'change') return 'One such command per server. A second is refused as `server-busy`; `api_if_busy=queue` makes it wait.'
  return holds === 'backup' ? 'As many as you like. Deleting the backup waits for them.' : ''
}

function needsOf ({ policy, parameters, apiParameters, names }: CompiledCommand): string {
  const exec = parameters.filter((parameter) => parameter.policy.exec === true).map(({ name }) => `\`${name}\``)
  const others = names.length > 1 ? ` Users are let in or kept out under each of its names: ${names.map((name) => `\`${name}\``).join(', ')}.` : ''
  const target = apiParameters.some(({ name }) => name === 'api_target') ? ' `api_target` names a place that the configuration allows without it.' : ''
  return `the scope \`${policy.class}\`${exec.length > 0 ? `, and \`exec\` with ${exec.join(', ')}` : ''}.${target}${others}`
}
