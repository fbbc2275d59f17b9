import { isFinal, type JobRecord } from '../jobs/record.ts'
import type { AuditEvent } from './audit-log.ts'

/** What of a job's changes belongs into the audit log: that it came in, and how it ended. */
export function jobEvents (write: (event: AuditEvent) => void): (record: JobRecord) => void {
  const known = new Set<string>()
  return (record) => {
    const { ticket, kind, host, command, parameters, servers, user, requestId, state, reason, exitCode } = record
    const who = { user, requestId, details: { ticket, kind, host, command, servers } }
    if (isFinal(state)) {
      known.delete(ticket)
      write({ event: 'job.ended', outcome: state === 'succeeded' ? 'ok' : 'failed', ...who, details: { ...who.details, state, reason, exitCode } })
    } else if (state === 'queued' && !known.has(ticket)) {
      known.add(ticket)
      write({ event: 'job.created', outcome: 'ok', ...who, details: { ...who.details, parameters } })
    }
  }
}
