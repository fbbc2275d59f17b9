import type { ErrorCode } from '../errors.ts'
import type { CommandClass } from './policy-types.ts'
import { redact } from './redact.ts'

/** How one run of Barman ended, and what it said. */
export interface Ended {
  readonly command: string
  readonly class: CommandClass
  readonly exitCode: number | null
  readonly signal: string | null
  readonly errors: readonly string[]
  /** Where a refused delete gives its reason. */
  readonly warnings?: readonly string[]
  readonly output: readonly string[]
  readonly timedOut: boolean
}

/** What happened, in our words for machines and in Barman's for people. */
export interface Failure { readonly code: ErrorCode, readonly detail: string }

const MAX_DETAIL = 1_000 // characters: a refused delete prints its whole backup record
const USAGE = 2 // argparse's exit code, and Nagios' for CRITICAL
const CANNOT_RUN = new Set([126, 127]) // of a shell, where the program is missing or may not be run

/**
 * What Barman's messages mean, from 2.12 to 3.20. They are never translated, but hold names that callers chose: so
 * each pattern starts where the message does. The first row that fits one of the messages decides.
 */
const MEANINGS: ReadonlyArray<readonly [ErrorCode, ...RegExp[]]> = [
  ['barman-unusable',
    /^please run barman as /, /^the configured user .* does not exists?$/,
    /^Configuration file '.*' does not exist$/, /^Could not find any configuration file /, /^FATAL: /,
    /^Your configuration is missing required parameters/, /^Parameter ".*" is required in \[/, /^No section: 'barman'/,
    /^(?:Source|File) contains (?:parsing errors|no section headers)/, /^While reading from /, /^Conflicting path: /,
    /^'%' must be followed by /, /^invalid interpolation syntax in /, /^Bad value substitution: /,
    /^(?:ModuleNotFoundError|ImportError): /],
  ['unknown-server', /^Unknown server '/],
  ['unknown-backup', /^Unknown backup '/, /^Could not find backup_id /],
  ['not-found', /^WAL file '.*' not found in server '/, /^Unknown model '/, /^Cannot find any candidate backup /],
  ['bad-request',
    /^You cannot use 'all' /, /^You cannot specify multiple targets /, /^one of the arguments /, /^Either a model name or '--reset' flag /,
    /^'.*' is not a valid wal file name/, /^Invalid WAL segment name: /, /^begin_wal \(/, /^--[\w-]+ (?:and --[\w-]+ options )?(?:are not compatible|requires )/,
    /^The destination directory parameter cannot contain /, /^Invalid tablespace /, /^Invalid compression level /, /^Network compression can only be used /,
    /^Unable to parse the target time parameter /, /^The requested target time /, /^last_wal '.*' is (?:older|newer) than /],
  ['server-busy',
    /^Another (?:backup|receive-wal|archive-wal|cron) process is /, /^Another process (?:in|is) running on server /,
    /^Another process is holding the lock for backup /, /^Another action is in progress for the backup /,
    /^Another (?:backup|sync-wal) operation is (?:already )?running /, /^Another synchronisation process for backup /,
    /^Cannot delete a running backup /, /^Unable to reset the status of receive-wal for server .*\. Process is still running$/],
  ['barman-failed', /^Failure deleting /, /^Failed to delete one of its incremental backups/, /^Permission denied, unable to access '/],
  ['refused-by-barman',
    /^Skipping delete of backup /, /^Cannot delete backup \(/, /^Cannot add keep to backup /, /^Unable to execute the keep command on backup /,
    /^Cannot (?:recover|restore) from backup /, /^The restore operation cannot proceed /, /^Destination directory '.*' must be empty/,
    /^Cannot (?:export|import) backup /, /^Backup '.*' already exists in the catalog /, /^File .*\/backup_manifest already exists/,
    /^The validity of a failed backup cannot be checked/, /^Inactive server: /, /^server .* is not passive$/,
    /^Replication slot '.*' (?:already exists|does not exist)$/, /^Cannot drop replication slot '.*because it is in use\.$/,
    /^(?:ArchiverFailure:)?replication slot '.*' (?:is already in use|doesn't exist)/,
    /^Termination of .* failed: no such process for server /, /^Unable to start receive-wal process: streaming_archiver option /],
  ['postgres-unreachable',
    /^Unable to connect to server /, /^Cannot connect to server '/, /^connection to server (?:at|on) /, /^could not connect to server/,
    /^could not translate host name /, /^server closed the connection unexpectedly/, /^(?:FATAL: +)?the database system is /,
    /^(?:ArchiverFailure:)?failed opening the PostgreSQL streaming connection /, /^timeout expired/]
]
/** Checks that end with 1 when what they look at is not well: this is their report. */
const REPORTS: Readonly<Record<string, RegExp>> = {
  'check-wal-archive': /^WAL archive check failed for server /,
  'check-archived-wal-range': /^WAL sequence check failed for server /
}
const NAGIOS = /^(?:\{\})?BARMAN (?:OK|WARNING|CRITICAL|UNKNOWN)\b/

/** Tells what went wrong, or `null` where nothing did: a check that finds faults is a report and no failure. */
export function failureOf (ended: Ended): Failure | null {
  const { command, exitCode, signal, errors, timedOut } = ended
  if (timedOut) return { code: 'barman-timeout', detail: `barman ${command} did not end in time` }
  if (exitCode === 0 || isReport(ended)) return null
  if (exitCode === null) return { code: 'barman-failed', detail: `barman ${command} was ended by ${signal ?? 'an unknown signal'}` }
  if (exitCode === USAGE) return { code: 'internal', detail: `Barman did not accept the command line: ${detailOf(ended, errors[0])}` }
  if (CANNOT_RUN.has(exitCode)) return { code: 'barman-unusable', detail: `Barman cannot be run: ${detailOf(ended, errors[0])}` }
  for (const [code, ...patterns] of MEANINGS) {
    const message = errors.find((error) => patterns.some((pattern) => pattern.test(error)))
    if (message !== undefined) return { code, detail: detailOf(ended, code === 'refused-by-barman' ? reasonOf(ended) ?? message : message) }
  }
  return { code: 'barman-failed', detail: detailOf(ended, errors[0]) }
}

function isReport ({ command, exitCode, errors, output }: Ended): boolean {
  if (command === 'check') return exitCode === USAGE ? NAGIOS.test(output[0] ?? '') : exitCode === 1 && errors.length === 0
  const report = REPORTS[command]
  return report !== undefined && errors.length > 0 && errors.every((error) => report.test(error))
}

function reasonOf ({ warnings = [] }: Ended): string | undefined {
  return warnings.find((warning) => /^Skipping delete of backup /.test(warning))
}

function detailOf ({ command, exitCode }: Ended, message: string | undefined): string {
  const text = redact(message ?? `barman ${command} failed with exit code ${exitCode} and gave no reason`)
    .replace(/\nSee log file for more details\.\s*$/, '')
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text
}
