/** Text as Python 3 sees it: its white space and its line ends are not JavaScript's. */

const SPACES = new Set([
  0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
  ...range(0x09, 0x0d), ...range(0x2000, 0x200a)
])

/** The number of white-space characters before the first other one; the whole length of a blank text. */
export function indentOf (text: string): number {
  let at = 0
  while (at < text.length && SPACES.has(text.charCodeAt(at))) at++
  return at
}

/** `str.rstrip()`. */
export function trimEnd (text: string): string {
  let end = text.length
  while (end > 0 && SPACES.has(text.charCodeAt(end - 1))) end--
  return text.slice(0, end)
}

/** `str.strip()`. */
export function trim (text: string): string {
  return trimEnd(text.slice(indentOf(text)))
}

/** The lines of a text with their ends (LF, CRLF or CR, as Python's text files have them); joined they are the text again. */
export function splitLines (text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n|\r(?!\n))/)
}

/** Compares as Python sorts strings: by code point, where JavaScript compares UTF-16 units. */
export function byCodePoint (a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const distance = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0)
    if (distance !== 0) return distance
  }
  return left.length - right.length
}

function range (from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, step) => from + step)
}
