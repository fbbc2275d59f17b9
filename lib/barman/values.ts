import { BACKUP_ID, backupIdFault, backupNameFault } from './backup-id.ts'
import { configChangesFault } from './config-changes.ts'
import { TARGET_TIME, targetTimeFault } from './target-time.ts'
import { CONTROLS, isUnprintable, quote } from './text.ts'

export type ValueType =
  'text' | 'server' | 'model' | 'backup-id' | 'backup-name' | 'wal-name' | 'wal-segment' | 'path' | 'relative-path' |
  'target-time' | 'timeline' | 'lsn' | 'transaction-id' | 'restore-point' | 'tablespace' | 'size' | 'task' |
  'config-changes'

/** One kind of text: what the published schema says of it, and what a pattern cannot say. */
export interface ValueKind {
  readonly maxLength: number
  readonly pattern: RegExp
  /** Completes "must be …". */
  readonly expected: string
  /** What is wrong with a value, as the rest of a sentence, or `null` to leave it to the pattern. */
  readonly fault?: (value: string) => string | null
  /** May hold a secret: never repeated in a message. */
  readonly secret?: true
}

const SEGMENTS = `(?:/(?!\\.{1,2}(?:/|$))[^/${CONTROLS}]*)+`
const MAX_PATH = 4096 // PATH_MAX of Linux, its final NUL included
const MAX_TRANSACTION_ID = 2n ** 64n - 1n
const MAX_TIMELINE = 2 ** 32 - 1

/** All patterns take time linear in the length of the value: none can match one text in two ways. */
export const VALUE_KINDS: Readonly<Record<ValueType, ValueKind>> = {
  text: {
    maxLength: 4096,
    pattern: new RegExp(`^[^${CONTROLS}]+$`),
    expected: 'text without control characters',
    secret: true
  },
  server: {
    maxLength: 255,
    pattern: new RegExp(`^(?!-)[^/${CONTROLS}]+$`),
    expected: 'a name without / and control characters that does not begin with -'
  },
  model: {
    maxLength: 255,
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_.:@+-]*$/,
    expected: 'the name of a model in letters, digits and _.:@+-, such as main:standby'
  },
  'backup-id': { ...BACKUP_ID, fault: backupIdFault },
  'backup-name': { ...BACKUP_ID, expected: 'a name for the backup, without / and not beginning with -', fault: backupNameFault },
  'wal-name': {
    maxLength: 40,
    pattern: /^(?:[0-9A-F]{24}(?:\.partial|\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history)$/,
    expected: 'the name of a WAL file such as 000000010000000000000001'
  },
  'wal-segment': {
    maxLength: 24,
    pattern: /^[0-9A-F]{24}$/,
    expected: 'the name of a WAL segment such as 000000010000000000000001'
  },
  path: {
    maxLength: MAX_PATH - 1,
    pattern: new RegExp(`^${SEGMENTS}$`),
    expected: 'an absolute path without . and .. in it'
  },
  'relative-path': {
    maxLength: MAX_PATH - 1,
    pattern: /^[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$/,
    expected: 'a file name in letters, digits and _.+-'
  },
  'target-time': { ...TARGET_TIME, fault: targetTimeFault },
  timeline: {
    maxLength: 10,
    pattern: /^(?:latest|current|[1-9][0-9]{0,9})$/,
    expected: 'the number of a timeline, latest or current',
    fault: value => Number(value) > MAX_TIMELINE ? `is above ${MAX_TIMELINE}` : null
  },
  lsn: {
    maxLength: 17,
    pattern: /^[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}$/,
    expected: 'a position in the WAL such as 0/3000060'
  },
  'transaction-id': {
    maxLength: 20,
    pattern: /^[0-9]{1,20}$/,
    expected: 'the number of a transaction',
    fault: value => /^\d{20}$/.test(value) && BigInt(value) > MAX_TRANSACTION_ID ? `is above ${MAX_TRANSACTION_ID}` : null
  },
  'restore-point': {
    maxLength: 63, // MAXFNAMELEN of PostgreSQL, its final NUL included
    pattern: new RegExp(`^[^'\\\\${CONTROLS}]+$`), // Barman writes it between quotes, unescaped
    expected: 'the name of a restore point, without quotes and backslashes'
  },
  tablespace: {
    maxLength: MAX_PATH + 63,
    pattern: new RegExp(`^[^:/${CONTROLS}]+:${SEGMENTS}$`),
    expected: 'NAME:LOCATION, the location an absolute path without . and .. in it'
  },
  size: {
    maxLength: 17,
    pattern: /^[0-9]{1,15}(?:k|Ki|M|Mi|G|Gi|T|Ti)?$/,
    expected: 'a number of bytes, or one with k, Ki, M, Mi, G, Gi, T or Ti'
  },
  task: {
    maxLength: 63,
    pattern: /^[a-z][a-z0-9-]*$/,
    expected: 'the name of a task such as receive-wal'
  },
  'config-changes': {
    maxLength: 16_384,
    pattern: new RegExp(`^\\s*\\[[^${CONTROLS}]*$`),
    expected: 'a JSON array of changes on one line',
    fault: configChangesFault,
    secret: true
  }
}

/** What is wrong with a text as a value of this kind, as the rest of a sentence; `null` for a good one. */
export function valueFault (type: ValueType, value: string): string | null {
  const kind = VALUE_KINDS[type]
  if (value === '') return `is empty: it must be ${kind.expected}`
  if (value.length > kind.maxLength) return `is longer than ${kind.maxLength} characters`
  if (isUnprintable(value)) return 'holds a control character'
  const fault = kind.fault?.(value) ?? null
  if (fault !== null || kind.pattern.test(value)) return fault
  return kind.secret === true ? `must be ${kind.expected}` : `must be ${kind.expected}, not ${quote(value)}`
}
