import { stripVTControlCharacters } from 'node:util'

/** What Barman said beside its results, a message an entry, most of them one line. */
export interface Messages {
  readonly errors: string[]
  readonly warnings: string[]
  readonly infos: string[]
}

type Kind = keyof Messages | 'noise' | 'echo'

const PREFIX = /^(ERROR|EXCEPTION|WARNING|DEBUG|INFO): ?/
const KINDS: Readonly<Record<string, Kind>> = { ERROR: 'errors', EXCEPTION: 'errors', WARNING: 'warnings', DEBUG: 'infos', INFO: 'infos' }
/** The last line of an exception. What follows is its traceback, from a logger that has no file yet. */
const EXCEPTION_END = /^See log file for more details\.$/
const USAGE = /^usage: /m
const USAGE_ERROR = /^\S+(?: \S+)?: error: [^]*/m
const TRACEBACK = /^Traceback \(most recent call last\):$/m

/**
 * Reads standard error. A line without a prefix goes on with the message above it. What has no message above it is
 * the error where a process failed and named none (argparse, a missing configuration, a shell), else a warning.
 */
export function readMessages (stderr: string, failed: boolean): Messages {
  const blocks = blocksOf(linesOf(stderr))
  const of = (kind: Kind): string[] => blocks.filter((block) => block.kind === kind).map(textOf).filter((text) => text !== '')
  const told = { errors: of('errors'), warnings: of('warnings'), infos: of('infos') }
  const noise = of('noise').flatMap((text) => linesOf(essence(text))).filter((line) => line !== '')
  return failed && told.errors.length === 0
    ? { ...told, errors: noise }
    : { ...told, warnings: [...told.warnings, ...noise] }
}

/** The lines of a text as a terminal would show them, without colors and without blank ones at the end. */
export function linesOf (text: string): string[] {
  const shown = stripVTControlCharacters(text).trimEnd()
  return shown === '' ? [] : shown.split(/\r?\n/)
}

interface Block { readonly kind: Kind, readonly lines: string[] }

function blocksOf (lines: readonly string[]): Block[] {
  const blocks: Block[] = []
  for (const line of lines) {
    const word = PREFIX.exec(line)?.[1]
    if (word !== undefined) blocks.push({ kind: KINDS[word] ?? 'noise', lines: [line.replace(PREFIX, '')] })
    else if (blocks.length === 0) blocks.push({ kind: 'noise', lines: [line] })
    else blocks.at(-1)?.lines.push(line)
    if (blocks.at(-1)?.kind === 'errors' && EXCEPTION_END.test(line)) blocks.push({ kind: 'echo', lines: [] })
  }
  return blocks
}

function textOf ({ lines }: Block): string {
  return lines.join('\n').trimEnd()
}

/** Of a usage error the sentence after the usage, of a Python traceback its last line. */
function essence (noise: string): string {
  if (TRACEBACK.test(noise)) return noise.slice(noise.lastIndexOf('\n') + 1)
  return (USAGE.test(noise) && USAGE_ERROR.exec(noise)?.[0]) || noise
}
