import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { type BarmanDialect, barmanDialect } from '../../dialect/barman-dialect.ts'
import { type ConfigFile, includedFiles, includesOf } from '../../dialect/barman-files.ts'
import { parseConfig } from '../../dialect/python-config.ts'
import type { Host } from '../host.ts'

const SEARCHED = ['~/.barman.conf', '/etc/barman.conf', '/etc/barman/barman.conf'] // Barman's own order

export interface TreeFile extends ConfigFile {
  readonly text: string
  /** What Barman's own `config-update` writes is not ours to edit. */
  readonly isAutomatic: boolean
  /** False where the bytes are not UTF-8: then the text is not the file. */
  readonly isText: boolean
}

/** All files of one Barman's configuration, in its order, which is the order of precedence: the main file first. */
export interface ConfigTree {
  readonly dialect: BarmanDialect
  readonly directory: string | null
  readonly files: readonly TreeFile[]
}

/** Reads what Barman would read; what is missing or unreadable Barman skips too. */
export async function readTree (host: Host): Promise<ConfigTree> {
  const dialect = barmanDialect((await host.current()).version)
  const main = await firstFile(host, host.configFile === '' ? SEARCHED : [host.configFile])
  if (!main) return { dialect, directory: null, files: [] }
  const { directory, autoFile } = includesOf(main, dialect, '~')
  const names = directory === null ? [] : includedFiles(await host.runner.readFolder(directory) ?? [])
  const included = await Promise.all(names.map((name) => firstFile(host, [posix.join(directory ?? '', name)])))
  const automatic = autoFile === null ? null : await firstFile(host, [autoFile], true)
  return { dialect, directory, files: [main, ...included, automatic].filter((file) => file !== null) }
}

/** One word for the content of all files: it changes whenever one of them does. */
export function versionOf ({ files }: ConfigTree): string {
  const hash = createHash('sha256')
  for (const { path, text } of files) hash.update(JSON.stringify([path, text]))
  return hash.digest('hex').slice(0, 32)
}

/** The tree as it would be with other texts; null removes a file, and a new one joins the included ones. */
export function withTexts (tree: ConfigTree, texts: ReadonlyMap<string, string | null>): ConfigTree {
  const known = tree.files.map((file) => {
    const text = texts.get(file.path)
    return text === undefined ? file : text === null ? null : { ...file, text, document: parseConfig(text) }
  }).filter((file) => file !== null)
  const added = [...texts].flatMap(([path, text]) => text === null || tree.files.some((file) => file.path === path) ? [] : [fileOf(path, Buffer.from(text), false)])
  const [main, ...others] = known.filter(({ isAutomatic }) => !isAutomatic)
  const names = includedFiles([...others, ...added].map(({ path }) => posix.basename(path)))
  const included = names.flatMap((name) => [...others, ...added].find(({ path }) => posix.basename(path) === name) ?? [])
  return { ...tree, files: [...main ? [main] : [], ...included, ...known.filter(({ isAutomatic }) => isAutomatic)] }
}

async function firstFile (host: Host, paths: readonly string[], isAutomatic = false): Promise<TreeFile | null> {
  for (const path of paths) {
    const content = await host.runner.readFile(path)
    if (content) return fileOf(path, content, isAutomatic)
  }
  return null
}

function fileOf (path: string, content: Buffer, isAutomatic: boolean): TreeFile {
  const text = content.toString('utf8')
  return { path, text, document: parseConfig(text), isAutomatic, isText: isUtf8(content) }
}
