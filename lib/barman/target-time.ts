const TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,6})?(?:Z|[+-](\d{2})(?::?(\d{2}))?)?$/
/** What is left of `+02:00` in a query where `+` was not encoded. */
const LOST_PLUS = /:\d{2}(?:\.\d{1,6})? \d{2}(?::?\d{2})?$/

/** A point in time for PostgreSQL to recover to. Shorter forms, which Barman guesses at, are not accepted. */
export const TARGET_TIME = {
  maxLength: 40,
  pattern: new RegExp(TIME.source.replaceAll(/\((?!\?)/g, '(?:')),
  expected: 'a full date and time such as 2026-01-31 02:00:00+02:00'
} as const

/**
 * What is wrong with a time of the right or nearly the right form, or `null`. Barman reads ` 02:00` after a time
 * without complaint and restores to another hour.
 */
export function targetTimeFault (value: string): string | null {
  if (LOST_PLUS.test(value)) return 'has a blank where the + of its time zone was: write + as %2B in a query'
  const match = TIME.exec(value)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] =
    match.slice(1).map(digits => Number(digits ?? 0))
  if (!isDate(year, month, day)) return 'is not a day of the calendar'
  if (hour > 23 || minute > 59 || second > 59) return 'is not a time of the day'
  return zoneHour > 15 || zoneMinute > 59 ? 'has a time zone that does not exist' : null
}

function isDate (year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return year >= 1970 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}
