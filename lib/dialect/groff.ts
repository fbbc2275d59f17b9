/** Text out of groff's man macros, as Pandoc and Docutils write them. */

/** Stand around what was bold or typewriter in the source: a literal. Both lie in Unicode's private area. */
export const LITERAL_START = '\ue000'
export const LITERAL_END = '\ue001'

const MARKS = /[\ue000\ue001]/g

// Each branch ends at the next backslash at the latest, so that the whole is linear.
const ESCAPE = /\\(?:f(\(..|\[[^\]\\]*\]|[^\\])|X'[^'\\]*'|\*(?:\(..|\[[^\]\\]*\]|[^\\])|\((..)|\[([^\]\\]*)\]|([^])|$)/g

const NAMED: Readonly<Record<string, string>> = {
  aq: "'", dq: '"', oq: '‘', cq: '’', lq: '“', rq: '”', bu: '•', em: '—', en: '–', hy: '-', mi: '-', rs: '\\', ti: '~', ha: '^', ga: '`'
}

const SINGLE: Readonly<Record<string, string>> = { '-': '-', ' ': ' ', '~': ' ', 0: ' ', e: '\\', '\\': '\\', "'": "'", '`': '`' }

const LITERAL_FONTS = new Set(['B', 'C', 'CW', 'CB', 'CR', 'V', 'VB'])

/** Resolves escapes in one line; literals stay marked by LITERAL_START and LITERAL_END. An unknown escape vanishes. */
export function unescape (line: string): string {
  return line.replace(MARKS, '').replace(ESCAPE, (_, font?: string, pair?: string, name?: string, single?: string) => {
    if (font !== undefined) return fontMark(font.replace(/[([\]]/g, ''))
    if (pair !== undefined || name !== undefined) return character(pair ?? name ?? '')
    return SINGLE[single ?? ''] ?? ''
  })
}

/** Removes the marks of literals. */
export function unmark (text: string): string {
  return text.replace(MARKS, '')
}

function fontMark (font: string): string {
  if (LITERAL_FONTS.has(font)) return LITERAL_START
  return font === 'I' || font === 'BI' ? '' : LITERAL_END
}

function character (name: string): string {
  const code = /^u([0-9A-F]{4,6})$/.exec(name)?.[1]
  return code === undefined ? NAMED[name] ?? '' : codePoint(Number.parseInt(code, 16))
}

function codePoint (code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}
