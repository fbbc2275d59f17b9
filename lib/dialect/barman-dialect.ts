/** Where Barman's versions differ in reading the same files, and what they make of a value. */

export interface BarmanDialect {
  /**
   * Up to 3.9 one parser reads all files, so that references and `[DEFAULT]` reach over them.
   * Since 3.10 each file is interpolated alone, and what comes out once more as a whole.
   */
  readonly isShared: boolean
  /** Up to 3.8 a `none` of any case is no value; since 3.9 only `None` is. */
  readonly isNoneExact: boolean
}

const TRUE = new Set(['true', 't', 'yes', '1', 'on'])

/** The dialect of a Barman, by its version (`3.4.0`). */
export function barmanDialect (version: string): BarmanDialect {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const isSince = (since: number) => major > 3 || (major === 3 && minor >= since)
  return { isShared: !isSince(10), isNoneExact: isSince(9) }
}

/** What Barman takes from an option's text: one matching outer pair of quotes goes; empty and `None` are no value: null. */
export function barmanValue (text: string, { isNoneExact }: BarmanDialect): string | null {
  const bare = /^(["'])([^\n]*)\1$/.exec(text)?.[2] ?? text
  const isNone = text === 'None' || (!isNoneExact && text.toLowerCase() === 'none')
  return isNone || bare === '' || bare === 'None' ? null : bare
}

/** Whether Barman's `parse_boolean` takes the value for true. */
export function isTrue (value: string): boolean {
  return TRUE.has(value.toLowerCase())
}
