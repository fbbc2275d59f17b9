import { failureOf } from '../barman/failures.ts'
import type { Host } from '../barman/host.ts'
import { readOutput } from '../barman/output.ts'
import { findBackup } from '../barman/taken-backup.ts'
import { redact, redactDeep } from '../barman/redact.ts'
import type { JobRecord } from './record.ts'
import type { ExitRecord, Output } from './store.ts'
import type { Verdict } from './verdict.ts'

const UNVERIFIED = { state: 'unknown', reason: 'unverified' } as const
const SKIPPED = /^Skipping (?:inactive|passive) server '(.*)'$/

/**
 * What a job that exited has come to. Exit 0 alone is no success: an inactive server is skipped with it, and a backup counts only
 * when Barman lists it as DONE, or as WAITING_FOR_WALS (with a warning); `unknown` where Barman cannot be asked.
 */
export async function judge (host: Host, record: JobRecord, { exitCode }: ExitRecord, written: Output): Promise<Verdict> {
  const { stdout, stderr } = written
  const { result, output, errors, warnings, infos } = readOutput({ format: record.format, command: record.command, exitCode, stdout, stderr })
  const said = { result: redactDeep(result), errors: errors.map(redact), warnings: warnings.map(redact) }
  if (exitCode !== 0) {
    const failure = failureOf({ command: record.command, class: 'operate', exitCode, signal: null, errors, warnings, output, timedOut: false })
    return { state: 'failed', reason: failure?.code ?? 'barman-failed', ...said }
  }
  if ([...output, ...warnings, ...infos].some((line) => record.servers.includes(SKIPPED.exec(line)?.[1] ?? ''))) return { state: 'failed', reason: 'skipped', ...said }
  return record.names.includes('backup') ? { ...said, ...await judgeBackup(host, record, written, said.warnings) } : { state: 'succeeded', reason: null, ...said }
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
