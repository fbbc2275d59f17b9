import { ClientError, EXIT, exitOf } from './exits.ts'
import { follow } from './follow.ts'
import { untilLeft } from './leave.ts'
import type { Screen } from './screen.ts'
import { Refused, type Service } from './service.ts'
import type { Shell } from './shell.ts'
import { endOf } from './status.ts'

export interface EndOptions {
  readonly service: Service
  readonly shell: Shell
  readonly screen: Screen
  readonly isJson: boolean
  /** Ctrl-C asks whether the job shall be canceled. */
  readonly mayCancel: boolean
}

/** Follows a job, says how it ended, and gives the exit code that tells it. */
export async function followToEnd (ticket: string, { service, shell, screen, isJson, mayCancel }: EndOptions): Promise<number> {
  screen.say(`Job ${ticket}`)
  const cancel = async () => screen.say(await cancelJob(service, ticket).catch((error: unknown) => {
    if (error instanceof Refused) return error.message
    throw error
  }))
  const farewell = `Job ${ticket} runs on; follow it with: barmanapi logs ${ticket} -f`
  const job = await untilLeft(follow(ticket, { service, screen, isJson }), { shell, screen, farewell, ...mayCancel ? { cancel } : {} }).catch((error: unknown) => {
    const isLost = error instanceof ClientError && error.exitCode === EXIT.unreachable
    throw isLost ? new ClientError(`${error.message}\n${farewell}`, error.exitCode) : error
  })
  screen.end()
  for (const line of [...job.errors, ...job.warnings]) if (!screen.hasShown(line)) screen.say(line)
  screen.say(endOf(job))
  if (isJson) await screen.write('stdout', `${JSON.stringify(job, null, 2)}\n`)
  return exitOf(job)
}

/** Asks the service to stop a job, and says so; or throws Refused. */
export async function cancelJob (service: Service, ticket: string): Promise<string> {
  await service.post(`history/${encodeURIComponent(ticket)}/cancel`, {}, { mayRepeat: () => true })
  return `Job ${ticket} is being stopped`
}
