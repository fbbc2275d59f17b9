import { readConnection } from './connection.ts'
import type { ConnectionFlags } from './flags.ts'
import type { Screen } from './screen.ts'
import { Service } from './service.ts'
import type { Shell } from './shell.ts'

/** One word of the client: does its work and gives the exit code, or throws a ClientError. */
export type ClientWord = (args: readonly string[], shell: Shell, screen: Screen) => Promise<number>

/** Lends the service that flags, environment and profile name, and lets go of it at the end. */
export async function withService<T> (flags: ConnectionFlags, shell: Shell, screen: Screen, work: (service: Service) => Promise<T>): Promise<T> {
  const service = new Service(await readConnection(flags, shell), (line) => screen.say(line))
  try {
    return await work(service)
  } finally {
    service.close()
  }
}
