import { missedChanges } from '../barman/applied-changes.ts'
import { failureOf } from '../barman/failures.ts'
import type { Host } from '../barman/host.ts'
import { readOutput } from '../barman/output.ts'
import { findBackup } from '../barman/taken-backup.ts'
import { redact, redactDeep } from '../barman/redact.ts'
import type { JobRecord } from './record.ts'
import type { ExitRecord, Output } from './store.ts'
import type { Verdict } from './verdict.ts'

const UNVERIFIED = { state: 'unknown', reason: 'unverified' } as const
const SKIPPED = /^Skipping (?:inactive|passive|temporarily disabled) server '(.*)'$/
/** With exit 0 too: of receive-wal until 3.10, of archive-wal in every version. */
const BUSY = /^Another (\S+) process is already running /

/**
 * What a job that exited has come to. Exit 0 alone is no success: an inactive server is skipped with it, and a backup counts only
 * when Barman lists it as DONE, or as WAITING_FOR_WALS (with a warning); changes of the configuration count only when they stand
 * in its files; `unknown` where that cannot be seen.
 */
export async function judge (host: Host, record: JobRecord, { exitCode }: ExitRecord, written: Output): Promise<Verdict> {
  const { stdout, stderr } = written
  const { result, output, errors, warnings, infos } = readOutput({ format: record.format, command: record.command, exitCode, stdout, stderr })
  const said = { result: redactDeep(result), errors: errors.map(redact), warnings: warnings.map(redact) }
  if (exitCode !== 0) {
    const failure = failureOf({ command: record.command, class: 'operate', exitCode, signal: null, errors, warnings, output, timedOut: false })
    return { state: 'failed', reason: failure?.code ?? 'barman-failed', ...said }
  }
  const told = [...output, ...warnings, ...infos]
  if (told.some((line) => record.servers.includes(SKIPPED.exec(line)?.[1] ?? ''))) return { state: 'failed', reason: 'skipped', ...said }
  if (told.some((line) => record.names.includes(BUSY.exec(line)?.[1] ?? ''))) return { state: 'failed', reason: 'server-busy', ...said }
  if (record.names.includes('backup')) return { ...said, ...await judgeBackup(host, record, written, said.warnings) }
  return record.names.includes('config-update') ? { ...said, ...await judgeChanges(host, record) } : { state: 'succeeded', reason: null, ...said }
}

/** Barman 3.10 to 3.20 may write two options into one line and exit 0: what was asked must be what the files say. */
async function judgeChanges (host: Host, { parameters }: JobRecord): Promise<Pick<Verdict, 'state' | 'reason'> & Partial<Verdict>> {
  const missed = await missedChanges(host, String(parameters['json_changes']))
  if (missed === null) return UNVERIFIED
  if (missed.length === 0) return { state: 'succeeded', reason: null }
  return { state: 'failed', reason: 'not-applied', errors: [`Barman exited 0, but its configuration does not hold what was asked: ${missed.join(', ')}`] }
}

async function judgeBackup (host: Host, record: JobRecord, { stdout, truncated }: Output, warnings: string[]): Promise<Pick<Verdict, 'state' | 'reason' | 'result' | 'warnings'>> {
  const backup = await findBackup(host, record.servers[0] ?? '', stdout)
  switch (backup.status) {
    case 'DONE': return { state: 'succeeded', reason: null, result: backup.document, warnings }
    case 'WAITING_FOR_WALS': return { state: 'succeeded', reason: null, result: backup.document, warnings: [...warnings, 'The backup waits for WAL files: it cannot be restored before they arrive'] }
    case 'none': return { ...truncated ? UNVERIFIED : { state: 'failed', reason: 'skipped' }, result: null, warnings } // cut off, it may have been named
    case 'unreadable': return { ...UNVERIFIED, result: null, warnings }
    default: return { state: 'failed', reason: 'not-done', result: backup.document, warnings }
  }
}
