import t from 'tap'
import type { ErrorCode } from '../../../lib/errors.ts'
import { failureOf, type Ended } from '../../../lib/barman/failures.ts'

function ended (rest: Partial<Ended>): Ended {
  return { command: 'show-backup', class: 'read', exitCode: 1, signal: null, errors: [], output: [], timedOut: false, ...rest }
}

/** A message, as Barman of those versions (or what it calls) writes it as an error, and what it means. */
const MESSAGES: ReadonlyArray<readonly [version: string, code: ErrorCode, message: string]> = [
  ['2.12 3.4.0 3.13.3 3.20.1', 'unknown-server', "Unknown server 'nosuch'"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'unknown-backup', "Unknown backup 'nosuch' for server 'main'"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'unknown-backup', 'Could not find backup_id 20260131T020000'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'not-found', "WAL file '0000000100000000000000FF' not found in server 'main'"],
  ['3.13.3 3.20.1', 'not-found', "Unknown model 'nomodel'"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'server-busy', 'Another backup process is running'],
  ['3.13.3 3.20.1', 'server-busy', 'Another process in running on server main. Impossible to delete the backup.'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'server-busy', 'Another process is holding the lock for backup 20260131T020000 of server main.'],
  ['2.12 3.4.0', 'server-busy', 'Cannot delete a running backup (main 20260131T020000)'],
  ['3.13.3 3.20.1', 'server-busy', 'Another receive-wal process is already running for server main.'],
  ['3.13.3 3.20.1', 'server-busy', 'Unable to reset the status of receive-wal for server main. Process is still running'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'server-busy', 'Another sync-wal operation is running for server main '],
  ['2.12 3.4.0 3.13.3 3.20.1', 'server-busy', 'Another synchronisation process for backup 20260131T020000 of server main is already running.'],
  ['3.20.1', 'server-busy', "Another backup operation is already running on server 'main'"],
  ['3.20.1', 'server-busy', "Another backup operation is already running on backup '20260131T020000' for server 'main'"],
  ['3.13.3 3.20.1', 'server-busy', 'Another action is in progress for the backup 20260131T020000 of server main, skipping retention policy application'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'refused-by-barman', "Cannot delete backup (main LocalBackupInfo(backup_label=None, status='DONE'))"],
  ['3.4.0 3.13.3 3.20.1', 'refused-by-barman', 'Cannot add keep to backup 20260131T020000 because it has status FAILED. Only backups with status DONE can be kept.'],
  ['2.12 3.4.0', 'refused-by-barman', "Cannot recover from backup 'latest' of server 'main': backup status is not DONE"],
  ['3.13.3 3.20.1', 'refused-by-barman', "Cannot restore from backup 'latest' of server 'main': backup status is not DONE"],
  ['3.20.1', 'refused-by-barman', "The restore operation cannot proceed because the destination folder '/srv/x' is not empty. To prevent accidental data loss, the destination must be empty."],
  ['3.20.1', 'refused-by-barman', "Cannot export backup 'last' from server 'main': backup status is 'WAITING_FOR_WALS', expected 'DONE'"],
  ['3.20.1', 'refused-by-barman', "Backup '20260131T020000' already exists in the catalog for server 'main'\nSee log file for more details."],
  ['3.4.0 3.13.3 3.20.1', 'refused-by-barman', 'File /srv/main/base/20260131T020000/data/backup_manifest already exists.\nSee log file for more details.'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'refused-by-barman', 'Inactive server: idle'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'refused-by-barman', 'server main is not passive'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'refused-by-barman', "Replication slot 'barman' already exists"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'refused-by-barman', "Replication slot 'barman' does not exist"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'refused-by-barman', "Cannot drop replication slot 'barman' on server 'main' because it is in use."],
  ['3.4.0', 'refused-by-barman', "ArchiverFailure:replication slot 'barman' is already in use"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'refused-by-barman', 'Termination of receive-wal failed: no such process for server main'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'refused-by-barman', "Unable to start receive-wal process: streaming_archiver option set to 'off' in barman configuration file"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'postgres-unreachable', 'Unable to connect to server down'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'postgres-unreachable', "Cannot connect to server 'down'"],
  ['2.12 3.4.0', 'postgres-unreachable', 'ArchiverFailure:failed opening the PostgreSQL streaming connection for server down'],
  ['libpq 15', 'postgres-unreachable', 'connection to server at "127.0.0.1", port 1 failed: Connection refused\nSee log file for more details.'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', "please run barman as 'barman' user"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', "the configured user 'nobody_here' does not exists"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', "Configuration file '/etc/nope.conf' does not exist"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', 'Could not find any configuration file at default locations.'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', 'FATAL: the configuration file x.conf contains a not empty [barman] section'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', "FATAL: the reserved word 'all' is not allowed as server name.Please rename it."],
  ['3.4.0 3.13.3 3.20.1', 'barman-unusable', 'Your configuration is missing required parameters. Exiting.'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', "Source contains parsing errors: '/etc/barman.conf'\n\t[line  6]: 'oops\\n'\nSee log file for more details."],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', "File contains no section headers.\nfile: '/etc/barman.d/x.conf', line: 1\n'oops\\n'\nSee log file for more details."],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', "'%' must be followed by '%' or '(', found: '%'\nSee log file for more details."],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-unusable', "Conflicting path: backup_directory=/srv/s for server 'b' conflicts with 'backup_directory' for server 'a'"],
  ['3.20.1', 'barman-unusable', "No section: 'barman'\nSee log file for more details."],
  ['2.12 3.4.0 3.13.3 3.20.1', 'bad-request', "You cannot use 'all' in a single server context"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'bad-request', "'zzz' is not a valid wal file name"],
  ['3.4.0 3.13.3 3.20.1', 'bad-request', 'one of the arguments -r/--release -s/--status --target is required'],
  ['3.13.3 3.20.1', 'bad-request', "Either a model name or '--reset' flag need to be given"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'bad-request', "Unable to parse the target time parameter 'nonsense': Unknown string format: nonsense"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'bad-request', 'The requested target time 2020-01-01 00:00:00+00:00 is before the backup end time 2026-01-31 02:00:00+00:00'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'bad-request', "The destination directory parameter cannot contain the ':' character\nHINT: use --remote-ssh-command"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'bad-request', '--stop and --reset options are not compatible'],
  ['3.20.1', 'bad-request', 'Invalid WAL segment name: a'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-failed', "Impossible to start the backup. Check the log for more details, or run 'barman check down'"],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-failed', "Unable to perform pg_switch_wal for server 'down'."],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-failed', 'Missing or invalid ssh_command in barman configuration for server halt'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-failed', 'Streaming connection: Cannot connect to postgres: "host=x" is not a valid connection string'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-failed', "'NoneType' object has no attribute 'switch_wal'\nSee log file for more details."],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-failed', 'Backup failed copying files.\nDETAILS: 143'],
  ['2.12 3.4.0 3.13.3 3.20.1', 'barman-failed', "Permission denied, unable to access '/srv/.main-backup.lock'"]
]

t.test('every message means what it says', async (t) => {
  for (const [version, code, message] of MESSAGES) {
    const failure = failureOf(ended({ errors: [message] }))
    t.equal(failure?.code, code, `${version}: ${message}`)
    t.ok(failure !== null && failure.detail !== '' && message.startsWith(failure.detail), 'in the words of Barman')
  }
})

t.test('what a caller names does not decide', async (t) => {
  const rows: ReadonlyArray<readonly [ErrorCode, string]> = [
    ['unknown-backup', "Unknown backup 'Another backup process is running' for server 'main'"],
    ['unknown-server', "Unknown server 'please run barman as me'"],
    ['unknown-server', "Unknown server 'Unknown backup 'x' for server 'y''"],
    ['barman-failed', "invalid path '/srv/Unknown server 'x''"],
    ['barman-failed', "WAL archive corrupt: Unknown server 'x'"]
  ]
  for (const [code, message] of rows) t.equal(failureOf(ended({ errors: [message] }))?.code, code, message)
})

t.test('of several messages the telling one decides', async (t) => {
  const refused = 'Cannot delete backup (main LocalBackupInfo(status=DONE))'
  t.equal(failureOf(ended({ errors: ['Another process is holding the lock for backup x of server main.', refused] }))?.code, 'server-busy')
  t.equal(failureOf(ended({ errors: ['Failure deleting backup x for server main.\n[Errno 13]', refused] }))?.code, 'barman-failed')
  const reason = 'Skipping delete of backup x for server main due to minimum redundancy requirements (minimum redundancy = 1, current redundancy = 1)'
  t.same(failureOf(ended({ command: 'delete', class: 'destroy', errors: [refused], warnings: ['Forcing', reason] })), { code: 'refused-by-barman', detail: reason })
})

t.test('a check that finds faults is a report, one that cannot be made is a failure', async (t) => {
  const check = (rest: Partial<Ended>) => failureOf(ended({ command: 'check', ...rest }))
  t.equal(check({ output: ['Server main:', '\tPostgreSQL: FAILED'] }), null)
  t.equal(check({ exitCode: 2, output: ['BARMAN CRITICAL - server main has issues'] }), null)
  t.equal(check({ exitCode: 2, output: ['{}BARMAN CRITICAL - server main has issues'] }), null)
  t.equal(check({ exitCode: 2, errors: ['barman check: error: the following arguments are required: server_name'] })?.code, 'internal')
  t.equal(check({ errors: ["Unknown server 'x'"] })?.code, 'unknown-server')
  t.equal(check({ errors: ["[Errno 2] No such file or directory: '/srv/.a-archive-wal.lock'"] })?.code, 'barman-failed')
  t.equal(failureOf(ended({ command: 'check-wal-archive', errors: ['WAL archive check failed for server main: Expected empty archive'] })), null)
  t.equal(failureOf(ended({ command: 'check-archived-wal-range', errors: ["WAL sequence check failed for server 'main': 1 missing segment(s) in range a..b"] })), null)
  t.equal(failureOf(ended({ command: 'check-wal-archive', errors: ["Unknown server 'x'"] }))?.code, 'unknown-server')
  t.equal(failureOf(ended({ command: 'check-wal-archive' }))?.code, 'barman-failed', 'no report without its sentence')
})

t.test('how the process ended', async (t) => {
  t.equal(failureOf(ended({ exitCode: 0, errors: ['ignored'] })), null)
  t.match(failureOf(ended({ exitCode: null, signal: 'SIGKILL' })), { code: 'barman-failed', detail: 'barman show-backup was ended by SIGKILL' })
  t.match(failureOf(ended({ exitCode: null, signal: 'SIGKILL', timedOut: true })), { code: 'barman-timeout' })
  t.match(failureOf(ended({ exitCode: 2, errors: ['barman: error: unrecognized arguments: --bogus'] })), { code: 'internal', detail: /unrecognized arguments: --bogus/ })
  t.match(failureOf(ended({ exitCode: 127, errors: ['sh: 1: barman: not found'] })), { code: 'barman-unusable', detail: /not found/ })
  t.match(failureOf(ended({ exitCode: 3 })), { code: 'barman-failed', detail: /exit code 3/ })
})

t.test('a detail holds no secret and has an end', async (t) => {
  const { detail } = failureOf(ended({ errors: [`cannot connect with password=hush ${'x'.repeat(5_000)}`] })) ?? { detail: '' }
  t.match(detail, /password=\*REDACTED\* xxx/)
  t.ok(detail.length <= 1_001)
})
