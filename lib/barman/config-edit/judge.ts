import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { effectiveEntries, parseConfig } from '../../dialect/python-config.ts'
import { addSection, removeOption, setOption } from '../../dialect/config-edit.ts'
import { AppError } from '../../errors.ts'
import type { Host } from '../host.ts'
import { readOutput } from '../output.ts'
import { redact } from '../redact.ts'
import type { ConfigTree } from './tree.ts'

const TIMEOUT_MS = 30_000
const LIST = 'list-server' // as every version knows it
const FAULT = / (?:WARNING|ERROR|CRITICAL): (.*)$/gm // of a line in Barman's log, in its own format

interface Verdict {
  readonly exitCode: number | null
  /** Complaints, of which an exit code of 0 says nothing. */
  readonly faults: readonly string[]
  readonly disabled: readonly string[]
}

/**
 * Lets Barman itself read a copy of the whole tree, as it is and as it would be. Throws `refused-by-barman` with its words where it
 * fails, disables a server or complains of anything new.
 */
export async function judgeTree (host: Host, before: ConfigTree, after: ConfigTree): Promise<void> {
  const [old, now] = await Promise.all([ask(host, before, after).catch(() => null), ask(host, after, before)])
  const disabled = now.disabled.filter((server) => !old?.disabled.includes(server))
  const words = [...now.faults.filter((fault) => !old?.faults.includes(fault)), ...disabled.map((server) => `the server ${server} would be disabled`)]
  if (now.exitCode === 0 && words.length === 0) return
  const said = words.length > 0 ? words : [...now.faults, `barman ended with ${now.exitCode ?? 'a signal'}`]
  const errors = said.slice(0, 20).map((detail) => ({ pointer: '', detail: redact(detail).slice(0, 1000) }))
  throw new AppError('refused-by-barman', `Barman does not take this configuration: ${errors[0]?.detail ?? ''}`, { errors })
}

/** What Barman says of one tree; `other` is the one it is compared with. */
async function ask (host: Host, tree: ConfigTree, other: ConfigTree): Promise<Verdict> {
  const folder = join(host.garbage, randomUUID())
  try {
    const main = await copy(tree, other, folder)
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
async function copy (tree: ConfigTree, other: ConfigTree, folder: string): Promise<string> {
  const [main, ...included] = tree.files
  if (!main) throw new AppError('barman-unusable', 'Barman has no configuration file here')
  await mkdir(join(folder, 'd'), { recursive: true, mode: 0o700 })
  for (const { path, text, isAutomatic } of included) if (!isAutomatic) await write(join(folder, 'd', basename(path)), text)
  const file = join(folder, 'barman.conf')
  await write(file, redirected(main.text, other.files[0]?.text ?? '', folder, tree.directory !== null))
  return file
}

/** Warnings must reach the log in a form that we know, unless its very level is being changed. */
function redirected (text: string, other: string, folder: string, hasDirectory: boolean): string {
  const level = (text: string) => effectiveEntries(parseConfig(text)).sections.get('barman')?.get('log_level')?.value
  const settings = [['log_file', join(folder, 'log')], ...hasDirectory ? [['configuration_files_directory', join(folder, 'd')]] : [], ...level(text) === level(other) ? [['log_level', 'INFO']] : []] as const
  const plain = removeOption(parseConfig(text).sections.some(({ name }) => name === 'barman') ? text : addSection(text, 'barman'), 'barman', 'log_format')
  return settings.reduce((text, [key = '', value = '']) => setOption(text, 'barman', key, value), plain)
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
