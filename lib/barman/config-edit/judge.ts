import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { effectiveEntries, parseConfig } from '../../dialect/python-config.ts'
import { addSection, removeOption, setOption } from '../../dialect/config-edit.ts'
import { AppError } from '../../errors.ts'
import type { Host } from '../host.ts'
import { readOutput } from '../output.ts'
import { redact } from '../redact.ts'
import { type ConfigTree, versionOf } from './tree.ts'

const TIMEOUT_MS = 30_000
const REMEMBERED = 4
const LIST = 'list-server' // as every version knows it
const FAULT = / (?:WARNING|ERROR|CRITICAL): (.*)$/gm // of a line in Barman's log, in its own format

interface Verdict {
  readonly exitCode: number | null
  /** Complaints, of which an exit code of 0 says nothing. */
  readonly faults: readonly string[]
  readonly disabled: readonly string[]
}

/** Lets Barman judge configurations before they are written, and remembers what it said of the last few. */
export class Judge {
  readonly #host: Host
  readonly #known = new Map<string, Promise<Verdict>>()

  constructor (host: Host) {
    this.#host = host
  }

  /**
   * Lets Barman itself read a copy of the whole tree, as it is and as it would be. Throws `refused-by-barman` with its words where it
   * fails, disables a server or complains of anything new.
   */
  async check (before: ConfigTree, after: ConfigTree): Promise<void> {
    const keepsLevel = levelOf(before) === levelOf(after)
    const [old, now] = await Promise.all([this.#verdict(before, keepsLevel).catch(() => null), this.#verdict(after, keepsLevel)])
    compare(old, now)
  }

  /** What is to be written was asked about anew a moment ago: mostly it is the next one's `before`. */
  #verdict (tree: ConfigTree, keepsLevel: boolean): Promise<Verdict> {
    const key = JSON.stringify([versionOf(tree), keepsLevel, this.#host.catalogue.version])
    const known = this.#known.get(key)
    const verdict = known ?? ask(this.#host, tree, keepsLevel)
    this.#known.delete(key)
    this.#known.set(key, verdict)
    verdict.catch(() => this.#known.delete(key))
    for (const oldest of [...this.#known.keys()].slice(0, -REMEMBERED)) this.#known.delete(oldest)
    return verdict
  }
}

/** Only what is new counts, for a configuration may have had its faults before. */
function compare (old: Verdict | null, now: Verdict): void {
  const disabled = now.disabled.filter((server) => !old?.disabled.includes(server))
  const words = [...now.faults.filter((fault) => !old?.faults.includes(fault)), ...disabled.map((server) => `the server ${server} would be disabled`)]
  if (now.exitCode === 0 && words.length === 0) return
  const said = words.length > 0 ? words : [...now.faults, `barman ended with ${now.exitCode ?? 'a signal'}`]
  const errors = said.slice(0, 20).map((detail) => ({ pointer: '', detail: redact(detail).slice(0, 1000) }))
  throw new AppError('refused-by-barman', `Barman does not take this configuration: ${errors[0]?.detail ?? ''}`, { errors })
}

/** What Barman says of one tree. */
async function ask (host: Host, tree: ConfigTree, keepsLevel: boolean): Promise<Verdict> {
  const folder = join(host.garbage, randomUUID())
  try {
    const main = await copy(tree, keepsLevel, folder)
    const { words, format } = await host.words(LIST, {}, main)
    const result = await host.run(null, words, { timeoutMs: TIMEOUT_MS })
    const { result: listed, output, errors, warnings } = readOutput({ format, command: LIST, ...result })
    const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '') // none where Barman failed early
    const logged = [...log.matchAll(FAULT)].map(([, text = '']) => text)
    const name = (text: string) => text.replaceAll(main, tree.files[0]?.path ?? '').replaceAll(join(folder, 'd'), tree.directory ?? '')
    return { exitCode: result.exitCode, faults: [...new Set([...errors, ...warnings, ...logged].map(name))], disabled: disabledIn(listed, output) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The tree below a folder, with its own log; gives the main file. */
async function copy (tree: ConfigTree, keepsLevel: boolean, folder: string): Promise<string> {
  const [main, ...included] = tree.files
  if (!main) throw new AppError('barman-unusable', 'Barman has no configuration file here')
  await mkdir(join(folder, 'd'), { recursive: true, mode: 0o700 })
  for (const { path, text, isAutomatic } of included) if (!isAutomatic) await write(join(folder, 'd', basename(path)), text)
  const file = join(folder, 'barman.conf')
  await write(file, redirected(main.text, keepsLevel, folder, tree.directory !== null))
  return file
}

/** Warnings must reach the log in a form that we know, unless its very level is being changed. */
function redirected (text: string, keepsLevel: boolean, folder: string, hasDirectory: boolean): string {
  const settings = [['log_file', join(folder, 'log')], ...hasDirectory ? [['configuration_files_directory', join(folder, 'd')]] : [], ...keepsLevel ? [['log_level', 'INFO']] : []] as const
  const plain = removeOption(parseConfig(text).sections.some(({ name }) => name === 'barman') ? text : addSection(text, 'barman'), 'barman', 'log_format')
  return settings.reduce((text, [key = '', value = '']) => setOption(text, 'barman', key, value), plain)
}

function levelOf ({ files: [main] }: ConfigTree): string | undefined {
  return main && effectiveEntries(main.document).sections.get('barman')?.get('log_level')?.value
}

async function write (file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 })
}

function disabledIn (listed: unknown, output: readonly string[]): string[] {
  const entries = Object.entries((listed ?? {}) as Record<string, { description?: unknown }>) // Barman's object of servers; {} where it said it in text
  const told = entries.map(([server, found]) => [server, String(found?.description ?? '')] as const)
  const read = output.map((line) => [line.split(' - ', 1)[0] ?? '', line] as const)
  return [...told, ...read].filter(([, text]) => text.includes('(WARNING: disabled)')).map(([server]) => server)
}
