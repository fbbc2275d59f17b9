import { AppError } from '../errors.ts'

/** One thing that a section lists: its head as printed (`-j, --jobs NJOBS`), and the lines below it, indented. */
export interface Entry {
  readonly head: string
  readonly lines: readonly string[]
}

/** A help page taken apart: every layout of argparse and argh comes down to these three. */
export interface HelpPage {
  /** What follows `usage:`, unwrapped. */
  readonly usage: string
  readonly description: string
  readonly entries: readonly Entry[]
}

/** Far above any real help (20 kB, 60 options): beyond, it is not Barman that speaks. */
export const MAX_HELP_CHARS = 256 * 1024
export const MAX_ENTRIES = 1000

// eslint-disable-next-line no-control-regex -- the escape character is what it looks for
const SGR = /\u001B\[[0-9;]*m/g // how argparse colors help since Python 3.14
const FIRST_HEADINGS: ReadonlySet<string> = new Set(['positional arguments:', 'optional arguments:', 'options:'])

/** Takes a help page apart as argparse puts it together, or throws `barman-unusable`. */
export function layout (text: string): HelpPage {
  if (text.length > MAX_HELP_CHARS) throw new AppError('barman-unusable', `The help of barman is longer than ${MAX_HELP_CHARS} characters`)
  const lines = text.replace(SGR, '').split('\n').map((line) => line.trimEnd())
  const start = lines.findIndex((line) => line.toLowerCase().startsWith('usage:'))
  if (start === -1) throw new AppError('barman-unusable', 'The help of barman has no usage line')
  const afterUsage = nextBlank(lines, start)
  const sections = firstSection(lines, afterUsage)
  return {
    usage: lines.slice(start, afterUsage).map((line) => line.trim()).join(' ').slice('usage:'.length).trim(),
    description: unwrap(lines.slice(afterUsage, sections)),
    entries: entriesOf(lines.slice(sections))
  }
}

/** Lines as one text: a word that the wrapping broke at its hyphen is whole again, and argh's `(default: -)`, which says nothing, is gone. */
export function unwrap (lines: readonly string[]): string {
  const pieces = lines.map((line) => line.trim()).filter((piece) => piece !== '')
  const isBroken = (piece: string | undefined): boolean => piece === undefined || /[A-Za-z0-9]-$/.test(piece.slice(-2))
  const text = pieces.map((piece, index) => isBroken(pieces[index - 1]) ? piece : ` ${piece}`).join('')
  return text.endsWith('(default: -)') ? text.slice(0, -'(default: -)'.length).trimEnd() : text
}

/** Splits a line of a list into its head and the help that may stand beside it. */
export function splitHead (line: string): { head: string, help: string } {
  const content = line.trim()
  const gap = content.indexOf('  ')
  return gap === -1 ? { head: content, help: '' } : { head: content.slice(0, gap), help: content.slice(gap).trim() }
}

/** How many blanks a line begins with. */
export function indentOf (line: string): number {
  return line.length - line.trimStart().length
}

function nextBlank (lines: readonly string[], from: number): number {
  const found = lines.indexOf('', from)
  return found === -1 ? lines.length : found
}

/** Where the lists begin: no sentence of a description counts as a heading, for only these three can come first. */
function firstSection (lines: readonly string[], from: number): number {
  const found = lines.findIndex((line, index) => index > from && lines[index - 1] === '' && FIRST_HEADINGS.has(line))
  return found === -1 ? lines.length : found
}

/** Heads stand at two blanks in every section; what is deeper belongs to the head above, what is flush left (a heading, the epilog) to none. */
function entriesOf (lines: readonly string[]): Entry[] {
  const entries: Array<{ head: string, lines: string[] }> = []
  let current: string[] | undefined
  for (const line of lines) {
    const indent = indentOf(line)
    if (indent === 2) {
      const { head, help } = splitHead(line)
      entries.push({ head, lines: current = [help] })
    } else if (indent > 2) current?.push(line)
    else if (line !== '') current = undefined
  }
  if (entries.length > MAX_ENTRIES) throw new AppError('barman-unusable', `The help of barman lists more than ${MAX_ENTRIES} entries`)
  return entries
}
