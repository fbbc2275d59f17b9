import type { Job, JobSummary, Progress } from '../../schemas/job.ts'
import { readOutput } from '../barman/output.ts'
import { linesOf } from '../barman/output-messages.ts'
import { redact, redactDeep } from '../barman/redact.ts'
import { isFinal, type JobRecord } from './record.ts'
import type { Output } from './store.ts'

/** A job as lists show it; only one that runs has progress. */
export function summaryOf (record: JobRecord, progress: Progress | null = null): JobSummary {
  const { ticket, kind, state, reason, host, command, parameters, servers, user, requestId, exitCode, createdAt, startedAt, finishedAt, jobs, batch } = record
  return {
    ticket,
    kind,
    state,
    reason,
    host,
    command,
    parameters: redactDeep(parameters) as Record<string, unknown>, // the same object with strings masked
    servers,
    user,
    requestId,
    exitCode,
    ok: isFinal(state) ? state === 'succeeded' : null,
    createdAt,
    startedAt,
    finishedAt,
    durationMs: startedAt && finishedAt ? Date.parse(finishedAt) - Date.parse(startedAt) : null,
    progress: state === 'running' ? progress : null,
    jobs,
    batch
  }
}

/** A job with what it printed; a job's raw output keeps Barman's own words on disk and is redacted here, whenever it is read. */
export function jobOf (record: JobRecord, output: Output, progress: Progress | null = null): Job {
  return {
    ...summaryOf(record, progress),
    result: redactDeep(record.result),
    output: outputOf(record, output),
    outputTruncated: output.truncated,
    errors: record.errors.map(redact),
    warnings: record.warnings.map(redact)
  }
}

/** What a person would have read; a JSON document is no output, it stands under `result` or in its messages. */
function outputOf ({ state, format, command, exitCode }: JobRecord, { stdout, stderr }: Output): string[] {
  const isDocument = format === 'json' && isFinal(state)
  const lines = isDocument ? readOutput({ format, command, exitCode, stdout, stderr }).output : [stdout, stderr].flatMap(linesOf)
  return lines.length === 0 ? [] : redact(lines.join('\n')).split('\n') // as a whole: a quoted secret may go over lines
}
