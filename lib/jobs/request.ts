import { argvFor, type Call } from '../barman/call.ts'
import { isLong, jobOf, laneOf, stdinOf } from '../barman/needs.ts'
import type { JobRecord } from './record.ts'
import { claimOf } from './retries.ts'
import { newTicket } from './ticket.ts'

/** Who asks, and under which request. */
export interface Asker {
  readonly user: string
  readonly requestId: string
}

/** The records of a call: one, or where it names several servers a batch and one job a server. The caller's key, if any, stands in the first. */
export function recordsOf (call: Call, asker: Asker, key: string | null = null): { readonly head: JobRecord, readonly jobs: readonly JobRecord[] } {
  const claim = key === null ? {} : claimOf(call, asker.user, key)
  if (!call.isSeveral) {
    const record = { ...recordOf(call, asker, call.servers[0] ?? null), ...claim }
    return { head: record, jobs: [record] }
  }
  const batch = newTicket()
  const jobs = call.servers.map((server) => ({ ...recordOf(call, asker, server), batch }))
  const head = { ...recordOf(call, asker, null), ticket: batch, kind: 'batch' as const, argv: [], servers: [...call.servers], jobs: jobs.map(({ ticket }) => ticket), ...claim }
  return { head, jobs }
}

function recordOf (call: Call, { user, requestId }: Asker, server: string | null): JobRecord {
  const { host, compiled, values, api, scopes, format } = call
  return {
    v: 1,
    ticket: newTicket(),
    kind: 'command',
    host: host.name,
    command: compiled.command.name,
    names: [...compiled.names],
    parameters: server === null || !call.isSeveral ? { ...values } : { ...values, server_name: [server] },
    servers: server === null ? [] : [server],
    argv: call.isSeveral && server === null ? [] : argvFor(call, server),
    format: format === 'json' ? 'json' : 'console',
    ...lanesOf(call, server),
    slot: slotOf(call),
    user,
    scopes: [...scopes],
    requestId,
    state: 'queued',
    reason: null,
    exitCode: null,
    result: null,
    errors: [],
    warnings: [],
    createdAt: new Date().toISOString(),
    startedAt: null,
    finishedAt: null,
    intent: null,
    timeoutS: api.api_timeout ?? null,
    jobs: null,
    batch: null
  }
}

/** Changes to one server exclude each other; what deletes waits for what reads a backup. */
function lanesOf ({ host, compiled }: Call, server: string | null): Pick<JobRecord, 'holds' | 'excludes' | 'waitsFor'> {
  const lane = (name: string) => `${host.name}/${server}/${name}`
  const isChange = server !== null && laneOf(compiled) === 'change'
  const reads = server !== null && compiled.policy.holds === 'backup'
  return {
    holds: [...isChange ? [lane('change')] : [], ...reads ? [lane('backup')] : []],
    excludes: isChange ? [lane('change')] : [],
    waitsFor: isChange && compiled.policy.class === 'destroy' ? [lane('backup')] : []
  }
}

function slotOf ({ compiled, values }: Call): JobRecord['slot'] {
  if (jobOf(compiled, values) === 'always') return 'none'
  if (!isLong(compiled, values, []) || stdinOf(compiled, values) === 'tar') return 'short'
  return compiled.policy.class === 'restore' ? 'restore' : 'long'
}
