import ini from 'ini'
import { AppError } from '../errors.ts'

/**
 * One line of an INI file as the package `ini` reads it. `section` is the one it opens or stands in (null above the first),
 * `key` what it sets; a `list` line is written `key[]`. `junk` is what `ini` skips in silence.
 */
export interface IniLine {
  readonly kind: 'section' | 'key' | 'comment' | 'blank' | 'junk'
  readonly text: string
  /** The line's own end: LF, CRLF, CR, or nothing on an unfinished last line. */
  readonly end: string
  readonly section: string | null
  readonly key: string | null
  readonly list: boolean
}

/** The text as lines that join to the same text again. Dots in section names are just dots, escaped or not. */
export function readLines (text: string): IniLine[] {
  const lines: IniLine[] = []
  let section: string | null = null
  for (const [, content = '', end = ''] of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
    if (content === '' && end === '') continue
    const line = readLine(content, end, section)
    section = line.section
    lines.push(line)
  }
  return lines
}

/** Sets one key, where it stands or at the end of its section, which is made if missing; or throws `bad-request`. */
export function setKey (text: string, section: string, key: string, value: string): string {
  checkKey(key)
  checkText(value, 'a value')
  const start = addSection(text, section)
  const lines = readLines(start)
  const own = lines.filter((line) => line.section === section && line.key === key)
  const last = own.at(-1)
  if (last === undefined) return insertKey(start, lines, section, `${key} = ${encode(value)}`)
  const doomed = own.some(({ list }) => list) ? own : [last]
  return join(start, lines.flatMap((line) => line === last ? withValue(line, key, value) + line.end : doomed.includes(line) ? [] : line.text + line.end))
}

/** Removes every line that sets the key; comments stay. */
export function removeKey (text: string, section: string, key: string): string {
  return join(text, readLines(text).filter((line) => line.section !== section || line.key !== key).map(whole))
}

/** Adds an empty section at the end unless there is one of that name; or throws `bad-request`. */
export function addSection (text: string, section: string): string {
  const header = encodeSection(section)
  const lines = readLines(text)
  if (lines.some((line) => line.kind === 'section' && line.section === section)) return text
  const end = endOf(lines)
  const gap = lines.length > 0 && lines.at(-1)?.kind !== 'blank' ? [end] : []
  return join(text, [...lines.map(whole), ...gap, `[${header}]${end}`])
}

/** Removes a section, all its parts, each from header to last key. Comments and blanks behind that belong to what follows and stay. */
export function removeSection (text: string, section: string): string {
  const kept: string[] = []
  let inside = false
  for (const line of readLines(text).toReversed()) {
    inside = line.section === section && (inside || line.kind === 'key')
    if (!inside && (line.section !== section || line.kind !== 'section')) kept.push(whole(line))
    if (line.kind === 'section') inside = false
  }
  return join(text, kept.reverse())
}

function readLine (text: string, end: string, section: string | null): IniLine {
  const plain = { text, end, section, key: null, list: false }
  if (/^\s*$/.test(text)) return { ...plain, kind: 'blank' }
  if (/^\s*[;#]/.test(text)) return { ...plain, kind: 'comment' }
  const header = /^\[([^\]]*)\]\s*$/.exec(text)
  if (header) return { ...plain, kind: 'section', section: decodeSection(header[1] ?? '') }
  const pair = /^([^=]+)(?:=.*)?$/.exec(text)
  if (!pair) return { ...plain, kind: 'junk' }
  const key = decode(pair[1] ?? '')
  const list = key.length > 2 && key.endsWith('[]')
  return { ...plain, kind: 'key', key: list ? key.slice(0, -2) : key, list }
}

/** What `ini` makes of a raw name or value: blanks, quotes, escapes and comments taken off. Single quotes may hold JSON of any type. */
function decode (raw: string): string {
  return String(ini.unsafe(raw))
}

function decodeSection (raw: string): string {
  return decode(raw).replaceAll('\\.', '.')
}

/** The shortest spelling that reads back as the value. */
function encode (value: string): string {
  return decode(value) === value ? value : JSON.stringify(value)
}

function encodeSection (section: string): string {
  checkText(section, 'a section')
  const header = section.replace(/[\\;#]/g, '\\$&').replaceAll('.', '\\.')
  if (section === '' || section === '__proto__' || /[[\]]/.test(section) || decodeSection(header) !== section) {
    throw new AppError('bad-request', 'that name of a section cannot be written')
  }
  return header
}

function checkKey (key: string): void {
  checkText(key, 'a key')
  const line = readLine(key, '', null)
  if (line.key !== key || key === '__proto__' || /[[\]=]/.test(key)) throw new AppError('bad-request', 'that name of a key cannot be written')
}

function checkText (text: string, what: string): void {
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) throw new AppError('bad-request', `${what} may not hold line breaks or control characters`)
}

/** The line with another value: indent, blanks around `=` and a comment behind it stay. */
function withValue (line: IniLine, key: string, value: string): string {
  const equals = line.text.indexOf('=')
  const indent = /^\s*/.exec(line.text)?.[0] ?? ''
  if (line.list) return `${indent}${key} = ${encode(value)}`
  const raw = equals < 0 ? line.text : line.text.slice(equals + 1)
  const comment = commentOf(raw)
  const gap = /^\s*/.exec(raw)?.[0] || (line.text[equals - 1] === ' ' ? ' ' : '')
  const head = equals < 0 ? `${raw.slice(0, raw.length - comment.length).trimEnd()} = ` : line.text.slice(0, equals + 1) + gap
  const spelling = [value, value.replace(/[\\;#]/g, '\\$&'), JSON.stringify(value)].find((spelling) => decode(spelling + comment) === value)
  if (spelling !== undefined) return head + spelling + comment
  return `${indent}${comment.trim()}${line.end || '\n'}${head}${encode(value)}`
}

/** The comment behind a raw value, with the blanks before it. */
function commentOf (raw: string): string {
  if (/^(["']).*\1$/.test(raw.trim())) return ''
  const at = raw.replace(/\\./g, '--').search(/[;#]/)
  return at < 0 ? '' : raw.slice(raw.slice(0, at).trimEnd().length)
}

/** Behind the last key of the section's last part, written as that one is. */
function insertKey (text: string, lines: readonly IniLine[], section: string, pair: string): string {
  const at = lines.findLastIndex((line) => line.section === section && (line.kind === 'key' || line.kind === 'section'))
  const neighbor = lines[at]?.kind === 'key' ? lines[at].text : ''
  const indent = /^\s*/.exec(neighbor)?.[0] ?? ''
  const line = indent + (/\S=\S/.test(neighbor) ? pair.replace(' = ', '=') : pair) + endOf(lines)
  return join(text, lines.map(whole).toSpliced(at + 1, 0, line))
}

function whole ({ text, end }: IniLine): string {
  return text + end
}

function endOf (lines: readonly IniLine[]): string {
  return lines.find(({ end }) => end !== '')?.end ?? '\n'
}

/** The lines as a text that ends as the one before it did: with a line end or without. */
function join (before: string, lines: readonly string[]): string {
  const end = /(\r\n|\r|\n)/.exec(before)?.[0] ?? '\n'
  const text = lines.map((line, index) => index < lines.length - 1 && !/[\r\n]$/.test(line) ? line + end : line).join('')
  return before === '' || /[\r\n]$/.test(before) ? text : text.replace(/(\r\n|\r|\n)$/, '')
}
