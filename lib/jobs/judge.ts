import { failureOf } from '../barman/failures.ts'
import type { Host } from '../barman/host.ts'
import { readOutput } from '../barman/output.ts'
import { findBackup } from '../barman/taken-backup.ts'
import { redact, redactDeep } from '../barman/redact.ts'
import type { JobRecord } from './record.ts'
import type { Verdict } from './registry.ts'
import type { ExitRecord, Output } from './store.ts'

const SKIPPED = /^Skipping (?:inactive|passive) server /

/**
 * What a job that exited has come to. Exit 0 alone is no success: an inactive server is skipped with it, and a backup counts only
 * when Barman lists it as DONE, or as WAITING_FOR_WALS (with a warning); `unknown` where Barman cannot be asked.
 */
export async function judge (host: Host, record: JobRecord, { exitCode }: ExitRecord, { stdout, stderr }: Output): Promise<Verdict> {
  const { result, output, errors, warnings, infos } = readOutput({ format: record.format, command: record.command, exitCode, stdout, stderr })
  const said = { result: redactDeep(result), errors: errors.map(redact), warnings: warnings.map(redact) }
  if (exitCode !== 0) {
    const failure = failureOf({ command: record.command, class: 'operate', exitCode, signal: null, errors, warnings, output, timedOut: false })
    return { state: 'failed', reason: failure?.code ?? 'barman-failed', ...said }
  }
  if ([...output, ...warnings, ...infos].some((line) => SKIPPED.test(line))) return { state: 'failed', reason: 'skipped', ...said }
  return record.names.includes('backup') ? { ...said, ...await judgeBackup(host, record, stdout, said.warnings) } : { state: 'succeeded', reason: null, ...said }
}

async function judgeBackup (host: Host, record: JobRecord, stdout: string, warnings: string[]): Promise<Pick<Verdict, 'state' | 'reason' | 'result' | 'warnings'>> {
  const backup = await findBackup(host, record.servers[0] ?? '', stdout)
  switch (backup.status) {
    case 'DONE': return { state: 'succeeded', reason: null, result: backup.document, warnings }
    case 'WAITING_FOR_WALS': return { state: 'succeeded', reason: null, result: backup.document, warnings: [...warnings, 'The backup waits for WAL files: it cannot be restored before they arrive'] }
    case 'none': return { state: 'failed', reason: 'skipped', result: null, warnings }
    case 'unreadable': return { state: 'unknown', reason: 'unverified', result: null, warnings }
    default: return { state: 'failed', reason: 'not-done', result: backup.document, warnings }
  }
}
