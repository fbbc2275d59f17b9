/** Control characters, lone surrogates and the line breaks of Unicode: nothing that Barman takes as text holds one. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u
const MAX_QUOTED = 100

/** The same for JSON Schema, whose patterns know no classes of Unicode and see no lone surrogate. */
export const CONTROLS = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029'

/** What JSON does not escape by itself, and what turns the direction of writing or takes no room. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Whether a text holds a character that would break a line of a configuration file, a log or a terminal. */
export function isUnprintable (text: string): boolean {
  return UNPRINTABLE.test(text)
}

/** A caller's text as a message may repeat it: whatever cannot be seen is escaped, and it is cut after 100 characters. */
export function quote (text: string): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  const shown = JSON.stringify(text.slice(0, MAX_QUOTED)).replaceAll(UNSEEN, (character) => character.split('').map(escape).join(''))
  return text.length > MAX_QUOTED ? `${shown}…` : shown
}
