import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Catalogue } from '../../lib/barman/catalogue.ts'
import type { RunBarman } from '../../lib/barman/discover.ts'

/** What one Python says of one parser: its structure, and its helps by COLUMNS and command (`''` is the top). */
export interface Answer {
  readonly python: string
  readonly catalogue: Catalogue
  readonly helps: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Asks argparse itself, in one process of that Python. */
export function askOracle (python: string, mode: 'barman', question: { columns: readonly number[] }, pythonPath: string): Promise<[Answer]>
export function askOracle (python: string, mode: 'parsers', question: { columns: readonly number[], parsers: readonly unknown[] }): Promise<Answer[]>
export async function askOracle (python: string, mode: string, question: object, pythonPath = ''): Promise<Answer[]> {
  const script = fileURLToPath(new URL('./oracle.py', import.meta.url))
  const env = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', NO_COLOR: '1', PYTHONPATH: pythonPath, PYTHONDONTWRITEBYTECODE: '1' }
  const answer = await new Promise<string>((resolve, reject) => {
    const options = { env, maxBuffer: 256 * 1024 * 1024, timeout: 300_000 }
    const child = execFile(python, [script, mode], options, (error, stdout) => error === null ? resolve(stdout) : reject(error))
    child.stdin?.end(JSON.stringify(question))
  })
  return [JSON.parse(answer)].flat() as Answer[] // our own script's output
}

/** A barman that prints these helps. */
export function printing (helps: Readonly<Record<string, string>>, version: string): RunBarman {
  return async ([first = '', second]) => {
    const stdout = first === '--version' ? `${version} Barman by EnterpriseDB (www.enterprisedb.com)\n` : helps[second === undefined ? '' : first]
    return { exitCode: stdout === undefined ? 2 : 0, stdout: stdout ?? '', stderr: '' }
  }
}

/** The same catalogue, its commands and aliases by name: the help's own order is another question. */
export function ordered ({ version, globalOptions, commands }: Catalogue): Catalogue {
  return { version, globalOptions, commands: byName(commands.map((command) => ({ ...command, aliases: [...command.aliases].sort() }))) }
}

/** A copy sorted by name. */
export function byName<T extends { readonly name: string }> (items: readonly T[]): T[] {
  return [...items].sort((a, b) => a.name < b.name ? -1 : 1)
}

/** Every Python of this machine, Debian's first: each lays out help in its own way. */
export async function pythons (): Promise<string[]> {
  const pyenv = join(homedir(), '.pyenv', 'versions')
  const installed = (await readdir(pyenv).catch(() => [])).map((version) => join(pyenv, version, 'bin', 'python')) // not everybody has pyenv
  return ['/usr/bin/python3', '/usr/local/bin/python3', '/usr/bin/python2.7', ...installed.sort()].filter((python) => existsSync(python))
}
