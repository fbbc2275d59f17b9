import { AppError } from '../errors.ts'
import { type ConfigDocument, effectiveEntries, type Entry, parseConfig } from './python-config.ts'
import { indentOf } from './python-text.ts'

/** An editor of files in the dialect of Python's ConfigParser: what an edit does not name keeps every byte. */

/**
 * Sets one option: the value that counts is replaced in its place, a new one stands behind the last of its section.
 * Throws `bad-request` where the text has faults, lacks the section, or cannot take the option without another reading of the rest.
 */
export function setOption (text: string, section: string, key: string, value: string): string {
  const document = parseConfig(text)
  const entry = document.entries.findLast((entry) => entry.section === section && entry.key === key)
  const next = entry ? replaceValue(document, entry, value) : insert(document, section, key, value)
  return checked(next, document, (sections) => sections.get(section)?.set(key, value))
}

/** Removes every line that sets the option; comments stay, those between its lines too. */
export function removeOption (text: string, section: string, key: string): string {
  const document = parseConfig(text)
  const doomed = document.entries.filter((entry) => entry.section === section && entry.key === key)
  const next = join(document, doomed.flatMap((entry) => valueLines(document, entry)).map((line) => [line, '']))
  return checked(next, document, (sections) => sections.get(section)?.delete(key))
}

/** Adds an empty section at the end; or throws `bad-request` where its name cannot be written or is there already. */
export function addSection (text: string, section: string): string {
  const document = parseConfig(text)
  if (section.includes(']') || document.sections.some(({ name }) => name === section)) throw new AppError('bad-request', 'that section cannot be added')
  const end = endOf(document)
  const last = document.lines.at(-1)
  const gap = last === undefined || last.kind === 'blank' ? '' : `${/[\r\n]$/.test(last.text) ? '' : end}${end}`
  return checked(`${text}${gap}[${section}]${end}`, document, (sections) => sections.set(section, new Map()))
}

/** Removes a section, every place of it from header to last option. Comments behind that belong to what follows and stay. */
export function removeSection (text: string, section: string): string {
  const document = parseConfig(text)
  const doomed = document.sections.flatMap(({ name, line }, index) => {
    const end = document.sections[index + 1]?.line ?? document.lines.length
    const to = document.entries.findLast(({ from }) => from > line && from < end)?.to ?? line + 1
    return name === section ? Array.from({ length: to - line }, (_, step) => line + step) : []
  })
  return checked(join(document, doomed.map((line) => [line, ''])), document, (sections) => sections.delete(section))
}

/** True where nothing but comments and blank lines is left. */
export function isEmptyConfig (text: string): boolean {
  return parseConfig(text).lines.every(({ kind }) => kind === 'comment' || kind === 'blank')
}

function replaceValue (document: ConfigDocument, entry: Entry, value: string): string {
  const line = document.lines[entry.from]?.text ?? ''
  const head = line.slice(0, entry.column)
  const gap = /\s[=:]$/.test(head) && value !== '' ? ' ' : ''
  const [first = 0, ...more] = valueLines(document, entry)
  return join(document, [[first, `${value === '' ? head.trimEnd() : head}${gap}${value}${lineEnd(line)}`], ...more.map((line) => [line, ''] as const)])
}

/** Written as its neighbor is; without one, indented as the header that follows, which it would swallow otherwise. */
function insert (document: ConfigDocument, section: string, key: string, value: string): string {
  const { lines, entries, sections } = document
  const header = sections.findLast(({ name }) => name === section)
  if (!header) throw new AppError('bad-request', `there is no section ${section}`)
  const neighbor = entries.findLast((entry) => entry.section === section)
  const at = neighbor?.to ?? header.line + 1
  const model = lines[neighbor?.from ?? sections.find(({ line }) => line > header.line)?.line ?? -1]?.text ?? ''
  const pair = `${key}${neighbor && /[^\s=:][=:]/.test(model) ? '=' : ' = '}${value}`.trimEnd()
  const before = lines[at - 1]?.text ?? ''
  const added = `${model.slice(0, indentOf(model))}${pair}`
  const end = lineEnd(before)
  return join(document, [[at - 1, end === '' ? `${before}${endOf(document)}${added}` : `${before}${added}${end}`]])
}

/** The lines that hold an entry's name and value, without comments and blanks between them. */
function valueLines ({ lines }: ConfigDocument, { from, to }: Entry): number[] {
  return Array.from({ length: to - from }, (_, step) => from + step).filter((line) => lines[line]?.kind === 'entry' || lines[line]?.kind === 'continuation')
}

/** The text with some lines replaced. */
function join ({ lines }: ConfigDocument, replaced: ReadonlyArray<readonly [line: number, text: string]>): string {
  const texts = new Map(replaced)
  return lines.map(({ text }, index) => texts.get(index) ?? text).join('')
}

function lineEnd (line: string): string {
  return /(?:\r\n|\r|\n)?$/.exec(line)?.[0] ?? ''
}

function endOf ({ lines }: ConfigDocument): string {
  return lineEnd(lines[0]?.text ?? '') || '\n'
}

type Sections = Map<string, Map<string, string>>

/** The new text, once it reads as the old one with exactly the change; indentation can make it read otherwise. */
function checked (text: string, before: ConfigDocument, change: (sections: Sections) => void): string {
  if (before.faults.length > 0) throw new AppError('bad-request', 'the file has faults, which must be mended by hand first')
  const expected = valuesOf(before)
  change(expected)
  const after = parseConfig(text)
  if (after.faults.length > 0 || print(valuesOf(after)) !== print(expected)) throw new AppError('bad-request', 'the lines around it would be read otherwise: this must be edited by hand')
  return text
}

function valuesOf (document: ConfigDocument): Sections {
  const { defaults, sections } = effectiveEntries(document)
  const texts = (entries: ReadonlyMap<string, Entry>) => new Map([...entries].map(([key, { value }]) => [key, value]))
  return new Map([['DEFAULT', texts(defaults)], ...[...sections].map(([name, entries]) => [name, texts(entries)] as const)])
}

function print (sections: Sections): string {
  return JSON.stringify([...sections].map(([name, options]) => [name, [...options].sort(([one], [other]) => one < other ? -1 : 1)]))
}
