import { Paragraphs, Table } from '../dialect/groff-blocks.ts'
import { LITERAL_END, LITERAL_START, unescape, unmark } from '../dialect/groff.ts'

/** The parameters of barman.conf, as the manual page barman(5) describes them. */

export type Scope = 'global' | 'server' | 'model'

/** One parameter: its text in paragraphs, where it may stand (empty: the page does not say), its default if stated plainly. */
export interface ManualEntry {
  readonly name: string
  readonly description: string
  readonly scope: readonly Scope[]
  readonly default?: string
}

const MAX_LENGTH = 4_194_304 // characters; the page of 3.20.1 has 65,657

const NAME = /^[a-z][a-z0-9_]*$/
const MACRO = /^[.'][ \t]*([A-Za-z]+)[ \t]*(.*)$/
const BOLD_LINE = /^\\f(?:B|\[B\])(.*)\\f(?:[PR]|\[R?\])$/
const SCOPE = /^(?:Scope: )?((?:Global|Server|Model)(?: ?\/ ?(?:[Ss]erver|[Mm]odel))*)\.$/
const VERBATIM = new Set(['nf', 'EX', 'TS'])
const FILLED = new Set(['fi', 'EE', 'TE'])
const CROSS_REFERENCE = / ?<#[^<>\s]*>/g // an anchor of the HTML pages, which leads nowhere here

/**
 * Reads the page's groff source as Pandoc (up to 3.11) and Docutils (since 3.12) write it.
 * Never fails: a page without its OPTIONS, of another layout or above 4 MiB has no entries.
 */
export function parseManual (groff: string): ManualEntry[] {
  if (groff.length > MAX_LENGTH) return []
  const lines = groff.split(/\r?\n/)
  const reader = new Reader()
  for (const [index, line] of lines.entries()) reader.read(line, lines[index + 1] ?? '')
  return reader.entries()
}

/** Where the page may lie for a Barman of this path, likeliest first; a name without folders has the system's places only. */
export function locateManual (executable: string): string[] {
  const prefix = /^(\/.*)?\/[^/]+\/[^/]+$/.exec(executable)?.[1]
  const prefixes = executable.startsWith('/') ? [prefix ?? '', '/usr', '/usr/local'] : ['/usr', '/usr/local']
  return [...new Set(prefixes)].flatMap((prefix) => ['.5.gz', '.5'].map((end) => `${prefix}/share/man/man5/barman${end}`))
}

interface Draft { readonly name: string, readonly text: Paragraphs, scope: readonly Scope[] }

class Reader {
  readonly #drafts = new Map<string, Draft>()
  #current: Draft | undefined
  #isInOptions = false
  #table: Table | undefined
  #isFresh = false // the line before was a macro or blank
  #isTagged = false // the line before was `.TP`
  #depth = 0

  read (line: string, next: string): void {
    const [, macro = '', rest = ''] = MACRO.exec(line) ?? []
    if (macro === 'SH') return this.#enter(rest)
    if (!this.#isInOptions) return
    if (macro === 'B') this.#text(`\\fB${rest.replaceAll('"', '')}\\fP`)
    else if (macro !== '') this.#macro(macro, rest, next)
    else if (!/^[.']/.test(line)) this.#text(line)
  }

  entries (): ManualEntry[] {
    const names = new Set(this.#drafts.keys())
    return [...this.#drafts.values()].map(({ name, text, scope }) => {
      const marked = text.toString()
      const stated = statedDefault(marked)
      const description = unmark(marked).replace(CROSS_REFERENCE, '')
      return { name, description, scope, ...(stated === undefined || names.has(stated) ? {} : { default: stated }) }
    })
  }

  #enter (title: string): void {
    this.#isInOptions = title.replaceAll('"', '').trim() === 'OPTIONS'
    this.#current = undefined
    this.#table = undefined
    this.#depth = 0
  }

  #macro (macro: string, rest: string, next: string): void {
    if (this.#table !== undefined && macro !== 'TE') return // a cell of several paragraphs
    this.#current?.text.end(macro === 'IP' ? bullet(rest) : '')
    this.#isFresh = true
    this.#isTagged = macro === 'TP'
    if (macro === 'RS' || macro === 'INDENT') this.#depth++
    else if (macro === 'RE' || macro === 'UNINDENT') this.#depth = Math.max(0, this.#depth - 1)
    else if (macro === 'SS') this.#heading(rest, next)
    else if (VERBATIM.has(macro)) this.#current?.text.setVerbatim(true)
    else if (FILLED.has(macro)) this.#current?.text.setVerbatim(false)
    this.#table = macro === 'TS' ? new Table() : undefined
  }

  /** A heading ends the entry, unless it is a table's title: 3.20.1 puts one amid compression_level. */
  #heading (title: string, next: string): void {
    if (next.startsWith('.TS')) this.#current?.text.add(unescape(title))
    else this.#current = undefined
  }

  #text (line: string): void {
    const name = this.#headOf(line)
    this.#isFresh = line.trim() === ''
    this.#isTagged = false
    if (name !== undefined) this.#open(name)
    else if (this.#table === undefined) this.#describe(unescape(line))
    else this.#row(this.#table.add(line))
  }

  #headOf (line: string): string | undefined {
    if (this.#depth > 0 || this.#table !== undefined || !this.#isFresh) return undefined
    const text = BOLD_LINE.exec(line)?.[1] ?? (this.#isTagged ? line : '')
    const name = unmark(unescape(text)).trim()
    return NAME.test(name) ? name : undefined
  }

  #open (name: string): void {
    this.#current = { name, text: new Paragraphs(), scope: [] }
    if (!this.#drafts.has(name)) this.#drafts.set(name, this.#current)
  }

  #row (row: string | undefined): void {
    if (row !== undefined) this.#current?.text.add(unescape(row))
  }

  #describe (text: string): void {
    const draft = this.#current
    if (draft === undefined) return
    const line = unmark(text).trim()
    const scope = SCOPE.exec(line)?.[1]
    // Pandoc lost the .TP of log_file in the page of 3.4.0: what follows is not about this parameter.
    if (draft.scope.length > 0 && NAME.test(line)) this.#current = undefined
    else if (scope === undefined) draft.text.add(text)
    else if (draft.scope.length === 0) draft.scope = scope.toLowerCase().split('/').map((word) => word.trim() as Scope) // by SCOPE
  }
}

/** What an item of a list begins with: `- ` for a bullet, else its label. */
function bullet (args: string): string {
  const [, quoted, plain = ''] = /^(?:"([^"]*)"|(\S*))/.exec(args) ?? []
  const label = unmark(unescape(quoted ?? plain))
  return label === '' ? '' : /^[•*o-]$/.test(label) ? '- ' : `${label} `
}

const LITERAL = `${LITERAL_START}([^${LITERAL_START}${LITERAL_END}]{1,200})${LITERAL_END}`
const BARE = '(-?\\d+|true|false|on|off|None)'
const SAYING = '(?:[Dd]efaults to|[Dd]efault(?: value)?(?: is|:)?|By default it is set to)'
const SAID = new RegExp(`${SAYING} (?:${LITERAL}|${BARE})(?=(?: [a-z]+)?(?:[.,;)\\n]|$)| \\()`) // `2 for huts` is not the whole story
const MARKED = new RegExp(`${LITERAL} \\(default\\)`)

/** The default, where the text says it in so many words: `x (default)`, `Defaults to x.`, `default 30`. */
function statedDefault (marked: string): string | undefined {
  const said = SAID.exec(marked)
  return said?.[1] ?? said?.[2] ?? MARKED.exec(marked)?.[1]
}
