import type { Job, JobSummary } from '../../schemas/job.ts'
import { redact, redactDeep } from '../barman/redact.ts'
import { isFinal, type JobRecord } from './record.ts'
import type { Output } from './store.ts'

const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g

/** A job as lists show it. */
export function summaryOf (record: JobRecord): JobSummary {
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
    jobs,
    batch
  }
}

/** A job with what it printed; a job's raw output keeps Barman's own words on disk and is redacted here, whenever it is read. */
export function jobOf (record: JobRecord, output: Output): Job {
  return {
    ...summaryOf(record),
    result: redactDeep(record.result),
    output: linesOf(output),
    outputTruncated: output.truncated,
    errors: record.errors.map(redact),
    warnings: record.warnings.map(redact)
  }
}

function linesOf ({ stdout, stderr }: Output): string[] {
  return redact((stdout + stderr).replace(ANSI, '')).split('\n').map((line) => line.trimEnd()).filter((line, index, lines) => line !== '' || index < lines.length - 1)
}
