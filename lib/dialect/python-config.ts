import { indentOf, splitLines, trim, trimEnd } from './python-text.ts'

/**
 * The dialect of Python 3's ConfigParser, with Barman's settings (`strict=False`, the rest as it comes).
 * @see https://docs.python.org/3/library/configparser.html
 */

/** The section whose options every other section has too. */
export const DEFAULT = 'DEFAULT'

export type LineKind = 'blank' | 'comment' | 'section' | 'entry' | 'continuation' | 'fault'

/** One line of the file, its end included. Lines count from 0. */
export interface Line { readonly text: string, readonly kind: LineKind }

/** One `[header]`; a name may head several places, which Python reads as one section. */
export interface Section { readonly name: string, readonly line: number }

/** One option as it stands in the file, with the lines that hold it: to edit it is to replace `[from, to)`. */
export interface Entry {
  readonly section: string
  /** In lower case, as Python knows it. */
  readonly key: string
  /** Before interpolation; lines of a longer value are joined by LF. */
  readonly value: string
  readonly from: number
  /** After the last line with text of the value; comments and blank lines between count in. */
  readonly to: number
  /** Where the value begins in its first line, behind the delimiter and its blanks. */
  readonly column: number
}

/** A line that Python refuses, under the name of the error it raises for the whole file. */
export interface Fault {
  readonly error: 'MissingSectionHeaderError' | 'ParsingError'
  readonly line: number
}

/** A file read without loss: the texts of `lines`, joined, are the file. Where there are faults, Python reads nothing. */
export interface ConfigDocument {
  readonly lines: readonly Line[]
  readonly sections: readonly Section[]
  readonly entries: readonly Entry[]
  readonly faults: readonly Fault[]
}

/** The entries that count in one file: of several with one name the last; a section without any is there, empty. */
export interface EffectiveEntries {
  readonly defaults: ReadonlyMap<string, Entry>
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, Entry>>
}

/** Reads a file's text, decoded as UTF-8 with a byte-order mark kept (Python keeps it too, and then stumbles over it). */
export function parseConfig (text: string): ConfigDocument {
  const reader = new Reader()
  const lines = splitLines(text).map((line) => ({ text: line, kind: reader.read(line) }))
  return { lines, ...reader.result() }
}

/** Sorts the entries of a document by section and key, the last of several winning. */
export function effectiveEntries (document: ConfigDocument): EffectiveEntries {
  const defaults = new Map<string, Entry>()
  const sections = new Map<string, Map<string, Entry>>()
  for (const { name } of document.sections) if (name !== DEFAULT && !sections.has(name)) sections.set(name, new Map())
  for (const entry of document.entries) (sections.get(entry.section) ?? defaults).set(entry.key, entry)
  return { defaults, sections }
}

interface Draft { section: string, key: string, parts: string[], from: number, to: number, column: number }

/** The states of ConfigParser's `_read`: the section, the option that may go on, and the indent it must exceed. */
class Reader {
  readonly #sections: Section[] = []
  readonly #drafts: Draft[] = []
  readonly #faults: Fault[] = []
  #open: Draft | undefined
  #indent = 0
  #line = -1

  read (text: string): LineKind {
    this.#line++
    const body = trim(text)
    if (body === '') return this.#blank()
    if (body.startsWith('#') || body.startsWith(';')) return 'comment'
    const indent = indentOf(text)
    if (this.#open !== undefined && indent > this.#indent) return this.#continue(this.#open, body)
    this.#indent = indent
    return this.#header(body) ?? this.#entry(body, indent)
  }

  result (): Omit<ConfigDocument, 'lines'> {
    const entries = this.#drafts.map(({ parts, ...entry }) => ({ ...entry, value: trimEnd(parts.join('\n')) }))
    return { sections: this.#sections, entries, faults: this.#faults }
  }

  /** A blank line belongs to the value before it, if more of that value follows. */
  #blank (): LineKind {
    this.#open?.parts.push('')
    return 'blank'
  }

  #continue (draft: Draft, body: string): LineKind {
    draft.parts.push(body)
    draft.to = this.#line + 1
    return 'continuation'
  }

  /** Up to the last `]`, as Python 3.10 and later read it (before, up to the first); what follows is ignored. */
  #header (body: string): LineKind | undefined {
    const end = body.lastIndexOf(']')
    if (!body.startsWith('[') || end < 2) return undefined
    this.#sections.push({ name: body.slice(1, end), line: this.#line })
    this.#open = undefined
    return 'section'
  }

  #entry (body: string, indent: number): LineKind {
    const section = this.#sections.at(-1)
    if (section === undefined) return this.#fault('MissingSectionHeaderError')
    const at = body.search(/[=:]/)
    if (at < 0) return this.#fault('ParsingError')
    this.#open = undefined
    if (at === 0) return this.#fault('ParsingError')
    const rest = body.slice(at + 1)
    this.#open = {
      section: section.name,
      key: trimEnd(body.slice(0, at)).toLowerCase(),
      parts: [trim(rest)],
      from: this.#line,
      to: this.#line + 1,
      column: indent + at + 1 + indentOf(rest)
    }
    this.#drafts.push(this.#open)
    return 'entry'
  }

  #fault (error: Fault['error']): LineKind {
    this.#faults.push({ error, line: this.#line })
    return 'fault'
  }
}
