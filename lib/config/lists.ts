import { AppError } from '../errors.ts'

/** Reads a list as Python prints it (`['a', u"b"]`), as JSON, or separated by commas; a fault is a `bad-request` that says where. */
export function parseList (text: string): string[] {
  const list = text.trim()
  if (list === '') return []
  return list.startsWith('[') ? readBracketed(list) : readBare(list)
}

/** Writes a list as Python prints it and `parseList` reads it: `['a', 'b']`. */
export function formatList (items: readonly string[]): string {
  return `[${items.map((item) => `'${escape(item)}'`).join(', ')}]`
}

function readBare (list: string): string[] {
  const items = list.split(',').map((item) => item.trim())
  if (items.includes('')) throw fault('an item between two commas is empty')
  const odd = items.find((item) => /^['"]|['"[\]]$/.test(item))
  if (odd !== undefined) throw fault('quoted items must stand in brackets')
  return items
}

/** One quoted word, Python's `u` prefix allowed; a backslash always takes the next character with it. */
const WORD = /u?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*/suy

function readBracketed (list: string): string[] {
  const items: string[] = []
  let at = skipBlanks(list, 1)
  while (list[at] !== ']') {
    WORD.lastIndex = at
    const word = WORD.exec(list)
    if (word === null) throw fault(`a quoted word or ']' is expected at character ${at + 1}`)
    items.push(unescape(word[1] ?? word[2] ?? ''))
    at = WORD.lastIndex
    if (list[at] === ',') at = skipBlanks(list, at + 1)
    else if (list[at] !== ']') throw fault(`',' or ']' is expected at character ${at + 1}`)
  }
  if (at !== list.length - 1) throw fault(`nothing is expected after ']' at character ${at + 1}`)
  return items
}

function skipBlanks (list: string, from: number): number {
  let at = from
  while (/\s/.test(list[at] ?? '')) at++
  return at
}

const NAMED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', "'": "'", '"': '"', '\\': '\\', '/': '/' }

/** The escapes that Python's repr and JSON write; any other is a fault rather than a guess. */
function unescape (word: string): string {
  return word.replace(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs, (whole, x, u, long, name) => {
    const code = Number.parseInt(x ?? u ?? long ?? '', 16)
    const read = Number.isNaN(code) ? NAMED[name] : code <= 0x10ffff ? String.fromCodePoint(code) : undefined
    if (read === undefined) throw fault(`the escape ${whole} is unknown`)
    return read
  })
}

function escape (item: string): string {
  return item.replace(/[\\']/g, '\\$&')
    .replace(/[\p{Cc}\u2028\u2029]/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function fault (detail: string): AppError {
  return new AppError('bad-request', `not a list: ${detail}`)
}
