import { isUnprintable } from '../text.ts'
import { REDACTION_MASK } from '../redact.ts'
import { trim } from '../../dialect/python-text.ts'
import type { Scope } from '../../../schemas/user.ts'

const MAX_VALUE = 4096

/** Keys that decide what is kept: a wrong word makes backups disappear. */
const DESTROY: ReadonlySet<string> = new Set(['minimum_redundancy', 'retention_policy', 'retention_policy_mode', 'wal_retention_policy', 'worm_mode'])

/** Keys that neither run a program, nor say where anything lies or is reached, nor what it is encrypted with. */
const PLAIN: ReadonlySet<string> = new Set([
  'active', 'archiver', 'archiver_batch_size', 'autogenerate_manifest', 'backup_compression', 'backup_compression_format', 'backup_compression_level',
  'backup_compression_location', 'backup_compression_workers', 'backup_method', 'backup_options', 'bandwidth_limit', 'basebackup_retry_sleep',
  'basebackup_retry_times', 'check_timeout', 'cloud_delete_batch_size', 'cloud_staging_max_size', 'cloud_upload_max_archive_size',
  'cloud_upload_min_chunk_size', 'cloud_wal_archive_parallel', 'cloud_wal_restore_parallel', 'cluster', 'combine_mode', 'compression', 'compression_level',
  'create_slot', 'description', 'disabled', 'immediate_checkpoint', 'keepalive_interval', 'last_backup_maximum_age', 'last_backup_minimum_size',
  'last_wal_maximum_age', 'lock_directory_cleanup', 'log_level', 'max_incoming_wals_queue', 'model', 'network_compression', 'parallel_jobs',
  'parallel_jobs_start_batch_period', 'parallel_jobs_start_batch_size', 'primary_checkpoint_timeout', 'recovery_options', 'reuse_backup', 'slot_name',
  'streaming_archiver', 'streaming_archiver_batch_size', 'tablespace_bandwidth_limit'
])

/** What changing a key needs beside `config`: `destroy`, or `exec` for all that runs, connects or lies somewhere, and for unknown keys; null: nothing. */
export function scopeOfKey (key: string): Extract<Scope, 'destroy' | 'exec'> | null {
  if (DESTROY.has(key)) return 'destroy'
  return PLAIN.has(key) ? null : 'exec'
}

/** What is wrong with a key's name, or null. */
export function keyFault (key: string): string | null {
  return /^[a-z][a-z0-9_]{0,99}$/.test(key) ? null : 'a key has lower-case letters, digits and _ only'
}

/** What is wrong with the name of a section, or null. Barman itself forbids `all` alone; what breaks a line, a path or a command is ours. */
export function sectionFault (section: string): string | null {
  if (['', 'all', 'DEFAULT'].includes(section)) return 'is no name of a section that can be changed'
  return section.length > 255 || /[\]/]|^-/.test(section) || isUnprintable(section) || trim(section) !== section ? 'may hold neither control characters, ] nor /, nor begin with -' : null
}

/** What is wrong with a value, or null: it stands on one line, and a `%` stops every later command. */
export function valueFault (value: string): string | null {
  if (value.includes(REDACTION_MASK)) return `holds ${REDACTION_MASK}, which stands for a secret that you were not shown: leave the key out or give the whole value`
  if (value.length > MAX_VALUE) return `is longer than ${MAX_VALUE} characters`
  if (isUnprintable(value) || value.includes('%')) return 'may hold neither control characters nor %'
  return trim(value) === value ? null : 'may not begin or end with blanks: put it in quotes, which Barman takes off'
}
