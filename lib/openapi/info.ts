import { VERSION } from '../version.ts'

/** What the document says of the service as a whole. */
export const INFO = {
  title: 'barmanapi',
  version: VERSION,
  description: `Barman, the backup and recovery manager for PostgreSQL, as a REST API.

**Begin** with \`/auth/token\`: name and password in, a token out. Then *Authorize* with the token, and try \`/barman/list-servers\`.

**Commands** are those of the Barman that is installed here, each with a path and parameters of its own, in the words of Barman's own help.
What only looks is a GET and answers at once. What changes something is a POST and becomes a **job**: the reply is its ticket (202), or the
whole job (200) where it ended in time. \`/history/{ticket}\` tells how it stands; it has succeeded only if barman exited 0.

**Errors** are problem documents (RFC 9457). Programs go by \`code\`, people read \`detail\`, the log has \`requestId\`.

**The whole document**, with the other verbs and ways that barmanapi 0.3 had, is at [/openapi.json](/openapi.json); for tools that know
OpenAPI 3.0 only at [/openapi-3.0.json](/openapi-3.0.json).`,
  contact: { name: 'Whoever runs this service' },
  license: { name: 'GNU General Public License, version 3 or later', identifier: 'GPL-3.0-or-later' }
} as const

/** In the order of the page: who, what, and what came of it. */
export const TAGS = [
  { name: 'auth', description: 'Tokens and users. Begin here.' },
  { name: 'read', description: 'Commands that only look.' },
  { name: 'operate', description: 'Commands that take backups and look after them.' },
  { name: 'restore', description: 'Commands that hand out data: whole restores, single WAL files.' },
  { name: 'destroy', description: 'Commands that remove or overwrite data.' },
  { name: 'history', description: 'Jobs: what became of a command, by ticket.' },
  { name: 'audit', description: 'Who did what, from where, with which outcome.' },
  { name: 'config', description: 'Configuration, of Barman and of this service.' },
  { name: 'catalogue', description: 'What the installed Barman offers.' },
  { name: 'health', description: 'For orchestrators: no login, no detail.' }
] as const

/** How to log in; by query only where the configuration allows it. */
export function securitySchemes (inQuery: boolean) {
  return {
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token from `/auth/token`.' },
    basic: { type: 'http', scheme: 'basic', description: 'Name and password, for `/auth` alone.' },
    ...(inQuery ? { query: { type: 'apiKey', in: 'query', name: 'token', description: 'A token in the address, as barmanapi 0.3 took it, for every call. Addresses end up in logs: prefer the header.' } as const } : {})
  } as const
}
