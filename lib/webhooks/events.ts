import { createHash } from 'node:crypto'
import { JOB_STATES } from '../../schemas/job.ts'
import { redactDeep } from '../barman/redact.ts'
import type { JobRecord } from '../jobs/record.ts'

/** Everything there is to be told. */
export const EVENT_TYPES = [...JOB_STATES.map((state) => `job.${state}` as const), 'backup.overdue'] as const
export type EventType = typeof EVENT_TYPES[number]

/** Something that happened, ready to be sent: the same event has the same id and the same body, whenever and by whichever process it is made. */
export interface Event {
  /** What receivers know repetitions by; also a file's name. */
  readonly id: string
  readonly type: EventType
  /** Whom it is about. */
  readonly servers: readonly string[]
  /** JSON, secrets masked. */
  readonly body: string
}

/** A server without a good backup that is young enough. */
export interface Overdue {
  readonly host: string
  readonly server: string
  /** The newest good one; null where there is none. */
  readonly backupId: string | null
  readonly finishedAt: string | null
  readonly overdueHours: number
  /** How often it was told before. */
  readonly told: number
}

/** A job as it came in, started or ended. */
export function jobEvent (record: JobRecord, publicUrl: string): Event {
  const { ticket, kind, command, servers, host, state, reason, exitCode, user, createdAt, startedAt, finishedAt, batch } = record
  const durationMs = startedAt && finishedAt ? Date.parse(finishedAt) - Date.parse(startedAt) : null
  return event(`evt_${ticket}_${state}`, `job.${state}`, servers, finishedAt ?? startedAt ?? createdAt, {
    ticket, kind, command, servers, host, state, reason, exitCode, createdAt, startedAt, finishedAt, durationMs, backupId: backupOf(record), user, batch, url: `${publicUrl}/history/${ticket}`
  })
}

/** The backup that never ran. */
export function overdueEvent (overdue: Overdue, publicUrl: string, now: number): Event {
  const { host, server, backupId, finishedAt, overdueHours, told } = overdue
  const id = createHash('sha256').update(JSON.stringify([host, server, backupId, finishedAt, told])).digest('hex').slice(0, 32)
  return event(`evt_overdue_${id}`, 'backup.overdue', [server], new Date(now).toISOString(), {
    servers: [server], host, state: 'overdue', backupId, finishedAt, overdueHours, url: `${publicUrl}/barman/list-backups?server_name=${encodeURIComponent(server)}`
  })
}

function event (id: string, type: EventType, servers: readonly string[], timestamp: string, data: object): Event {
  return { id, type, servers, body: JSON.stringify({ type, timestamp, data: redactDeep(data) }) }
}

/** The backup that a job took, by its `show-backup` document, or was about, as it was named in the call. */
function backupOf ({ result, servers: [server = ''], parameters }: JobRecord): string | null {
  const taken = (result as Record<string, { backup_id?: unknown } | undefined> | null)?.[server]?.backup_id // of a backup; anything else has none
  const id = taken ?? parameters['backup_id']
  return typeof id === 'string' ? id : null
}
