/** Words that stand for a backup. Which of them one Barman knows is its own affair. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'latest', 'last', 'oldest', 'first', 'last-failed', 'latest-full', 'last-full', 'auto'
])
const ID = /^\d{8}T\d{6}$/

/** An id, a keyword or a backup's name. Barman takes any name; of those with other characters the id remains. */
export const BACKUP_ID = {
  maxLength: 255,
  pattern: /^[A-Za-z0-9_](?:[A-Za-z0-9_.:@+ -]*[A-Za-z0-9_.:@+-])?$/,
  expected: 'a backup id such as 20260131T020000, a keyword such as latest, or the name of a backup in letters, digits, blanks and _.:@+-'
} as const

/**
 * Why a text may not select a backup, or `null`. Barman 2.15 to 3.20 looks for it *inside* `last-failed`, so that
 * "", "a" or "fail" would select, and delete, the last failed backup.
 */
export function backupIdFault (value: string): string | null {
  if (KEYWORDS.has(value) || !'last-failed'.includes(value)) return null
  return 'would be taken for last-failed: give the id of the backup, or last-failed itself'
}

/** Why a text may not become the name of a backup, or `null`. */
export function backupNameFault (value: string): string | null {
  if (KEYWORDS.has(value) || ID.test(value)) return 'may be neither a keyword nor a backup id'
  return backupIdFault(value) === null ? null : 'is part of the word last-failed and could never be used'
}
