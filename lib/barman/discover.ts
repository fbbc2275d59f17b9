import { AppError } from '../errors.ts'
import type { Catalogue, Command } from './catalogue.ts'
import { type CommandHelp, type ListedCommand, parseCommandHelp, parseTopHelp } from './help.ts'
import { mapBounded } from './map-bounded.ts'
import { redact } from './redact.ts'

/** What barman printed, decoded, and how it ended (`null`: by a signal). */
export interface BarmanOutput { readonly exitCode: number | null, readonly stdout: string, readonly stderr: string }

/** Runs barman with these arguments, under `DISCOVERY_ENV`; time-outs and bounds are the runner's. */
export type RunBarman = (args: readonly string[]) => Promise<BarmanOutput>

export interface DiscoverOptions {
  /** How many barmans may run at a time. */
  readonly concurrency: number
  /** Told of each command that is left out, because its own help failed twice. */
  readonly onSkipped?: (command: string, cause: unknown) => void
}

/** The whole environment of a discovery, but for PATH and HOME: nothing wraps, nothing is colored or translated. `FORCE_COLOR` must not be set. */
export const DISCOVERY_ENV = { COLUMNS: '10000', NO_COLOR: '1', LANG: 'C.UTF-8', TERM: 'dumb' } as const

const VERSION = /^[ \t]*(\d+\.\d+(?:\.\d+)?\S{0,32})/m // on stderr with Python 2.7
const VERSION_CHARS = 4096 // in which a version must show itself
const SAYING_CHARS = 500 // of what Barman says when it cannot run

type Read = { readonly listed: ListedCommand } & ({ readonly help: CommandHelp } | { readonly cause: unknown })

/**
 * Asks barman for its version, its help, and the help of each command. A command whose help fails is asked once more, alone;
 * if it fails again it is left out and `onSkipped` told, for a command without parameters could only be called wrongly.
 * Throws `barman-unusable` when version, top help, or every command fails.
 */
export async function discover (run: RunBarman, { concurrency, onSkipped }: DiscoverOptions): Promise<Catalogue> {
  const [version = '', top = ''] = await mapBounded([askVersion, askHelp], concurrency, (ask) => ask(run))
  const { globalOptions, commands: listed } = parseTopHelp(top)
  const first = await mapBounded(listed, concurrency, (command) => read(run, command))
  const second = await mapBounded(first, 1, async (result) => 'cause' in result ? read(run, result.listed) : result)
  for (const result of second) if ('cause' in result) onSkipped?.(result.listed.name, result.cause)
  const commands = merge(second)
  if (commands.length === 0) throw new AppError('barman-unusable', 'barman explains none of its commands')
  return { version, globalOptions, commands }
}

/** The version that barman tells; or throws `barman-unusable`. */
export async function askVersion (run: RunBarman): Promise<string> {
  const { exitCode, stdout, stderr } = await run(['--version'])
  const version = VERSION.exec(`${stdout.slice(0, VERSION_CHARS)}\n${stderr.slice(0, VERSION_CHARS)}`)?.[1]
  if (exitCode !== 0 || version === undefined) throw new AppError('barman-unusable', `barman --version ended with ${exitCode} and told no version${saying(stderr)}`)
  return version
}

async function askHelp (run: RunBarman, command: readonly string[] = []): Promise<string> {
  const { exitCode, stdout, stderr } = await run([...command, '--help'])
  if (exitCode !== 0) throw new AppError('barman-unusable', `${['barman', ...command].join(' ')} --help ended with ${exitCode}${saying(stderr)}`)
  return stdout
}

/** The last line, which of a Python traceback is what went wrong. */
function saying (stderr: string): string {
  const line = redact(stderr.trimEnd()).split('\n').at(-1)?.slice(0, SAYING_CHARS)
  return line ? `: ${line}` : ''
}

async function read (run: RunBarman, listed: ListedCommand): Promise<Read> {
  try {
    return { listed, help: parseCommandHelp(await askHelp(run, [listed.name])) }
  } catch (cause) {
    return { listed, cause }
  }
}

/** One command for each name that is called by itself; a name whose help is that of another command becomes an alias there. */
function merge (results: readonly Read[]): Command[] {
  const readable = results.filter((result) => 'help' in result)
  const canonical = new Set(readable.filter(({ listed, help }) => help.name === listed.name).map(({ help }) => help.name))
  const isAlias = ({ listed, help }: typeof readable[number]): boolean => help.name !== listed.name && canonical.has(help.name)
  const aliases = readable.filter(isAlias)
  return readable.filter((result) => !isAlias(result)).map(({ listed: { name, ...listed }, help }) => ({
    name,
    aliases: [...listed.aliases, ...aliases.filter((alias) => alias.help.name === name).map((alias) => alias.listed.name)],
    description: listed.description === '' ? help.description : listed.description,
    positionals: help.positionals,
    options: help.options
  }))
}
