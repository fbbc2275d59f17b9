import type { Static } from '@sinclair/typebox'
import type { HistoryPage } from '../../../schemas/history.ts'
import type { JobSummary } from '../../../schemas/job.ts'
import { cancelJob, followToEnd } from './end.ts'
import { EXIT, WrongCall } from './exits.ts'
import { CONNECTION_FLAGS, JOBS_FLAGS, LOGS_FLAGS, readFlags } from './flags.ts'
import { show } from './follow.ts'
import { untilLeft } from './leave.ts'
import { type ClientWord, withService } from './session.ts'
import { spell } from './spell.ts'

const FILTERS = ['state', 'server', 'command', 'past', 'limit'] as const

/** `jobs`: those of a month, newest first. */
export const jobs: ClientWord = async (args, shell, screen) => {
  const { values, positionals } = readFlags(args, JOBS_FLAGS)
  if (positionals.length > 0) throw new WrongCall('jobs takes no further words')
  const query = new URLSearchParams()
  for (const name of FILTERS) if (values[name] !== undefined) query.set(name, values[name])
  return withService(values, shell, screen, async (service) => {
    const page = await service.get<Static<typeof HistoryPage>>(`history/list?${query}`)
    await screen.write('stdout', values.json ? `${JSON.stringify(page, null, 2)}\n` : table(page.jobs))
    if (page.nextCursor !== null && !values.json) screen.say(`There are more in ${page.month}: --limit shows up to 500`)
    return EXIT.done
  })
}

/** `logs TICKET [-f]`: what a job printed; with `-f` until it ends, and then its exit code. */
export const logs: ClientWord = async (args, shell, screen) => {
  const { values, positionals } = readFlags(args, LOGS_FLAGS)
  const ticket = oneTicket('logs', positionals)
  return withService(values, shell, screen, async (service) => {
    if (values.follow) return followToEnd(ticket, { service, shell, screen, isJson: false, mayCancel: false })
    await untilLeft(show(ticket, { service, screen }), { shell, screen, farewell: 'Stopped' })
    return EXIT.done
  })
}

/** `cancel TICKET`: stops a job. */
export const cancel: ClientWord = async (args, shell, screen) => {
  const { values, positionals } = readFlags(args, CONNECTION_FLAGS)
  const ticket = oneTicket('cancel', positionals)
  return withService(values, shell, screen, async (service) => {
    screen.say(await cancelJob(service, ticket))
    return EXIT.done
  })
}

function oneTicket (word: string, positionals: readonly string[]): string {
  const [ticket, ...more] = positionals
  if (ticket === undefined || more.length > 0) throw new WrongCall(`${word} takes one TICKET`)
  return encodeURIComponent(ticket)
}

const HEAD = ['TICKET', 'STATE', 'COMMAND', 'SERVERS', 'USER', 'CREATED', 'DURATION']

/** Jobs in columns; times in UTC. */
export function table (jobs: readonly JobSummary[]): string {
  const rows = [HEAD, ...jobs.map(({ ticket, state, reason, command, servers, user, createdAt, durationMs }) => [
    ticket, reason === null ? state : `${state} (${reason})`, command, servers.join(',') || '-', user, `${createdAt.slice(0, 19)}Z`, durationMs === null ? '-' : spell(durationMs)
  ])]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('')
}
