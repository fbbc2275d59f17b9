import type { CommandPolicy, ParameterPolicy } from './policy-types.ts'

/**
 * Every command and option of Barman 1.2 to 3.20.1, one row a command. Help says nothing about danger, length or
 * output, so this does; what it does not name is judged by `resolvePolicy`.
 */

const FREE: ParameterPolicy = {}
const COUNT: ParameterPolicy = { type: 'integer', minimum: 0 }
const POSITIVE: ParameterPolicy = { type: 'integer', minimum: 1 }
const WRITES: ParameterPolicy = { type: 'path', exec: true }

const SERVER = { server_name: { type: 'server' } } as const
const BACKUP = { ...SERVER, backup_id: { type: 'backup-id' } } as const

/** How files are copied, alike for backup and restore. */
const COPYING = {
  bwlimit: COUNT,
  jobs: POSITIVE,
  jobs_start_batch_period: POSITIVE,
  jobs_start_batch_size: POSITIVE,
  no_retry: FREE,
  retry_sleep: COUNT,
  retry_times: COUNT
} as const

/** Parameters that mean the same in whatever command a future Barman puts them. */
export const SHARED_PARAMETERS: Readonly<Record<string, ParameterPolicy>> = {
  ...BACKUP,
  model_name: { type: 'model' },
  wal_name: { type: 'wal-name' }
}

/** Options before the command. The service alone chooses them; none is ever a parameter. */
export const GLOBAL_OPTIONS: readonly string[] = [
  'color', 'colour', 'config', 'debug', 'format', 'help', 'log_level', 'quiet', 'version'
]

export const POLICY_TABLE: readonly CommandPolicy[] = [
  {
    names: ['archive-wal'],
    summary: 'Archives the WAL files that have arrived for a server.',
    class: 'operate',
    format: 'json',
    duration: 'minutes',
    lane: 'change',
    parameters: SERVER
  },
  {
    names: ['backup'],
    summary: 'Takes a base backup of a server.',
    class: 'operate',
    format: 'console',
    duration: 'hours',
    long: true,
    lane: 'change',
    parameters: {
      ...SERVER,
      ...COPYING,
      check_timeout: COUNT,
      cloud_staging_directory: WRITES,
      cloud_staging_max_size: { type: 'size' },
      immediate_checkpoint: FREE,
      incremental: { type: 'backup-id' },
      keepalive_interval: COUNT,
      manifest: FREE,
      name: { type: 'backup-name' },
      no_immediate_checkpoint: FREE,
      no_manifest: FREE,
      reuse_backup: FREE,
      wait: FREE,
      wait_timeout: COUNT
    }
  },
  {
    names: ['check'],
    summary: 'Checks that a server can be backed up: configuration, connections, WAL archiving, age of backups.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, check_timeout: COUNT, nagios: { format: 'console' } }
  },
  {
    names: ['check-archived-wal-range'],
    summary: 'Checks that no WAL segment is missing between two others.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, begin_wal: { type: 'wal-segment' }, end_wal: { type: 'wal-segment' } }
  },
  {
    // Not a read: what it finds is written into the backup, which may become DONE or FAILED.
    names: ['check-backup'],
    summary: 'Checks that the WAL files a backup needs are archived, and sets its status accordingly.',
    class: 'operate',
    format: 'json',
    duration: 'short',
    parameters: BACKUP
  },
  {
    names: ['check-wal-archive'],
    summary: 'Checks that the WAL archive is fit for a new server.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, timeline: POSITIVE }
  },
  {
    // As put-wal: what it sends is taken for WAL by every later restore.
    names: ['cloud-wal-archive'],
    summary: 'Sends a WAL file from the local disk to the cloud storage of a server.',
    class: 'destroy',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, wal_path: WRITES, parallel: COUNT }
  },
  {
    names: ['cloud-wal-restore'],
    summary: 'Fetches a WAL file from the cloud storage of a server to the local disk.',
    class: 'restore',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, wal_name: { type: 'wal-name' }, wal_dest: WRITES, parallel: COUNT, spool_dir: WRITES }
  },
  {
    names: ['config-switch'],
    summary: 'Applies a configuration model to a server, or takes it off again.',
    class: 'config',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, model_name: { type: 'model' }, reset: FREE }
  },
  {
    // Any option may be set, scripts and ssh commands included.
    names: ['config-update'],
    summary: 'Changes options of servers and models.',
    class: 'config',
    format: 'json',
    duration: 'short',
    parameters: { json_changes: { type: 'config-changes', exec: true } }
  },
  {
    names: ['cron'],
    summary: 'Runs the maintenance of all servers: WAL archiving, retention, streaming.',
    class: 'operate',
    format: 'json',
    duration: 'short',
    parameters: { keep_descriptors: { hidden: true }, verbose: { hidden: true } }
  },
  {
    names: ['delete'],
    summary: 'Deletes a backup and the WAL files that only it needs.',
    class: 'destroy',
    format: 'json',
    duration: 'minutes',
    lane: 'change',
    parameters: BACKUP
  },
  {
    // Prints JSON in console format; with -f json it is encoded twice.
    names: ['diagnose'],
    summary: 'Reports configuration, versions, status and backups of all servers, for support.',
    class: 'read',
    format: 'console',
    duration: 'short',
    job: 'never',
    parameters: { show_config_source: FREE }
  },
  {
    names: ['export-backup'],
    summary: 'Writes a backup into a tarball.',
    class: 'restore',
    format: 'console',
    duration: 'hours',
    long: true,
    holds: 'backup',
    parameters: {
      ...BACKUP,
      output_directory: WRITES,
      compression: FREE,
      compression_level: { type: 'integer', minimum: 0, maximum: 9 }
    }
  },
  {
    names: ['generate-manifest'],
    summary: 'Writes the manifest of a backup, a checksum for each of its files.',
    class: 'operate',
    format: 'console',
    duration: 'hours',
    long: true,
    parameters: BACKUP
  },
  {
    // -f json would append `{}` to the bytes of the WAL file.
    names: ['get-wal'],
    summary: 'Fetches a WAL file from the archive of a server.',
    class: 'restore',
    format: 'bytes',
    duration: 'short',
    job: 'never',
    parameters: {
      ...SERVER,
      wal_name: { type: 'wal-name' },
      bzip2: FREE,
      gzip: FREE,
      keep_compression: FREE,
      output_directory: { ...WRITES, format: 'json' },
      partial: FREE,
      peek: { type: 'integer', minimum: 1, maximum: 10_000, class: 'read', format: 'json' },
      test: { class: 'read', format: 'json' }
    }
  },
  {
    names: ['help'],
    summary: 'Prints the help of Barman.',
    class: 'read',
    format: 'console',
    duration: 'short',
    job: 'never',
    parameters: {}
  },
  {
    names: ['import-backup'],
    summary: 'Takes an exported backup into the catalogue of a server.',
    class: 'operate',
    format: 'console',
    duration: 'hours',
    long: true,
    lane: 'change',
    parameters: { ...SERVER, input_tarball: WRITES }
  },
  {
    // Where several are given, --status wins over --release, and --release over --target.
    names: ['keep'],
    summary: 'Protects a backup from retention and deletion, or ends its protection.',
    class: 'operate',
    format: 'json',
    duration: 'short',
    parameters: { ...BACKUP, release: { class: 'destroy' }, status: { class: 'read' }, target: FREE }
  },
  {
    names: ['list-backups', 'list-backup'],
    summary: 'Lists the backups of a server.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, minimal: FREE }
  },
  {
    names: ['list-files'],
    summary: 'Lists the files of a backup.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: { ...BACKUP, list_empty_directories: FREE, target: FREE }
  },
  {
    names: ['list-processes', 'list-process'],
    summary: 'Lists the Barman processes that work for a server.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: SERVER
  },
  {
    // Never a job: what a caller may not see is left out of the reply, and would stand in the job's output.
    names: ['list-servers', 'list-server'],
    summary: 'Lists the servers that Barman knows.',
    class: 'read',
    format: 'json',
    duration: 'short',
    job: 'never',
    parameters: { minimal: FREE }
  },
  {
    names: ['lock-directory-cleanup'],
    summary: 'Removes lock files that no process holds.',
    class: 'config',
    format: 'json',
    duration: 'short',
    parameters: {}
  },
  {
    names: ['put-wal'],
    summary: 'Takes WAL files, as a tar archive, into the incoming directory of a server.',
    class: 'destroy',
    format: 'json',
    duration: 'short',
    stdin: 'tar',
    parameters: { ...SERVER, test: { class: 'read', stdin: 'none' } }
  },
  {
    names: ['rebuild-xlogdb'],
    summary: 'Rebuilds the index of archived WAL files from the files themselves.',
    class: 'operate',
    format: 'json',
    duration: 'minutes',
    lane: 'change',
    parameters: SERVER
  },
  {
    // Bare, it streams for ever; dropping the slot or resetting its state can leave a gap in the archive.
    names: ['receive-wal'],
    summary: 'Streams WAL from a server until stopped, or manages its replication slot.',
    class: 'operate',
    format: 'console',
    duration: 'hours',
    job: 'always',
    parameters: {
      ...SERVER,
      create_slot: { format: 'json', job: 'asked' },
      drop_slot: { class: 'destroy', format: 'json', job: 'asked' },
      if_not_exists: FREE,
      reset: { class: 'destroy', format: 'json', job: 'asked' },
      stop: { format: 'json', job: 'asked' }
    }
  },
  {
    names: ['replication-status'],
    summary: 'Shows the clients that stream from a server.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, minimal: FREE, source: FREE, target: FREE }
  },
  {
    names: ['restore', 'recover'],
    summary: 'Restores a backup into a directory, here or on another machine, up to a point in time.',
    class: 'restore',
    format: 'console',
    duration: 'hours',
    long: true,
    holds: 'backup',
    parameters: {
      ...BACKUP,
      ...COPYING,
      destination_directory: { type: 'path', exec: true, target: 'directory' },
      remote_ssh_command: { exec: true, target: 'sshCommand' },
      aws_region: FREE,
      azure_resource_group: FREE,
      combine_mode: FREE,
      delta_restore: { adds: 'destroy' }, // Barman then accepts a directory that is not empty
      exclusive: FREE,
      gcp_zone: FREE,
      get_wal: FREE,
      local_staging_path: WRITES,
      network_compression: FREE,
      no_delta_restore: FREE,
      no_get_wal: FREE,
      no_network_compression: FREE,
      partial_wal: FREE,
      recovery_conf_filename: { type: 'relative-path', exec: true },
      recovery_option_port: { type: 'integer', minimum: 1, maximum: 65_535 }, // goes into a shell command unquoted
      recovery_staging_path: WRITES,
      restore_command: { exec: true },
      skip_archive_wal: FREE,
      snapshot_recovery_instance: FREE,
      snapshot_recovery_zone: FREE,
      staging_location: FREE,
      staging_path: WRITES,
      staging_wal_directory: WRITES,
      standby_mode: FREE,
      tablespace: { type: 'tablespace', exec: true, repeat: true },
      target_action: { choices: ['pause', 'shutdown', 'promote'] },
      target_immediate: FREE,
      target_lsn: { type: 'lsn' },
      target_name: { type: 'restore-point' },
      target_time: { type: 'target-time' },
      target_tli: { type: 'timeline' },
      target_xid: { type: 'transaction-id' }
    }
  },
  {
    names: ['show-backup', 'show-backups'],
    summary: 'Shows all that is known about a backup.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: BACKUP
  },
  {
    names: ['show-servers', 'show-server'],
    summary: 'Shows the configuration and the state of a server.',
    class: 'read',
    format: 'json',
    duration: 'short',
    job: 'never',
    parameters: SERVER
  },
  {
    names: ['status'],
    summary: 'Shows the state of a server in short.',
    class: 'read',
    format: 'json',
    duration: 'short',
    parameters: SERVER
  },
  {
    names: ['switch-wal', 'switch-xlog'],
    summary: 'Makes PostgreSQL close its current WAL file, so that it can be archived.',
    class: 'operate',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, archive: FREE, archive_timeout: COUNT, force: FREE }
  },
  {
    names: ['sync-backup'],
    summary: 'Copies a backup from the primary Barman to this passive one.',
    class: 'operate',
    format: 'console',
    duration: 'hours',
    long: true,
    parameters: BACKUP
  },
  {
    // Prints JSON in console format; with -f json `{}` follows it. last_wal reaches a shell on the primary unquoted.
    names: ['sync-info'],
    summary: 'Shows what a passive Barman would copy from this one.',
    class: 'read',
    format: 'console',
    duration: 'short',
    job: 'never',
    parameters: { ...SERVER, last_wal: { type: 'wal-name' }, last_position: POSITIVE, primary: FREE }
  },
  {
    names: ['sync-wals'],
    summary: 'Copies WAL files from the primary Barman to this passive one.',
    class: 'operate',
    format: 'console',
    duration: 'hours',
    long: true,
    parameters: SERVER
  },
  {
    names: ['terminate-process'],
    summary: 'Ends a Barman process that works for a server.',
    class: 'operate',
    format: 'json',
    duration: 'short',
    parameters: { ...SERVER, task: { type: 'task' } }
  },
  {
    names: ['verify-backup', 'verify'],
    summary: 'Checks the files of a backup against its manifest.',
    class: 'operate',
    format: 'console',
    duration: 'hours',
    long: true,
    parameters: BACKUP
  }
]

/** What holds for a command that the table does not name: the most that can be feared of it. */
export const UNKNOWN_COMMAND: CommandPolicy = {
  names: [],
  summary: '',
  class: 'destroy',
  format: 'json',
  duration: 'minutes',
  lane: 'change',
  parameters: {}
}
