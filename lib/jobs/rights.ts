import { type Decision, mayCall, maySee, refuse } from '../users/access.ts'
import type { Rights } from '../users/user.ts'
import type { JobRecord } from './record.ts'

/** Whether a job is a user's to see: he may call its command on its host and all its servers. */
export function isVisible (user: Rights, record: JobRecord): boolean {
  return mayRun(user, record).allowed
}

/** Whether a job may run for its user, if he is still there: what he may call now decides. */
export function mayRun (user: Rights | undefined, { names, scopes, servers, host }: JobRecord): Decision {
  if (!user) return refuse('its user is gone')
  const [path = '', ...aliases] = names.map((name) => `barman/${name}`)
  const isSeen = servers.length > 0 ? servers.every((server) => maySee(user, server)) : user.servers === null // without any it is about all
  return isSeen ? mayCall(user, { path, aliases, scopes, host }) : refuse('its user may not see the server')
}
