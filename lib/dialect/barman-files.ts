import type { BarmanDialect } from './barman-dialect.ts'
import { barmanValue } from './barman-dialect.ts'
import type { ConfigDocument, Entry } from './python-config.ts'
import { effectiveEntries } from './python-config.ts'
import type { Interpolated, InterpolationError } from './interpolate.ts'
import { hasStrayPercent, interpolate } from './interpolate.ts'
import { byCodePoint } from './python-text.ts'

/** Barman's configuration out of several files, merged as Barman merges them. */

/** One file and what it holds. */
export interface ConfigFile { readonly path: string, readonly document: ConfigDocument }

/** One option as it counts; `value` is null where its references cannot be resolved. */
export interface MergedOption {
  readonly value: string | null
  readonly source: string
  readonly entry: Entry
}

/** Why Barman would not start with these files; `line` counts from 0. */
export interface MergeFault {
  readonly path: string
  readonly line: number | null
  readonly error: 'MissingSectionHeaderError' | 'ParsingError' | InterpolationError | 'ValueError' | 'GlobalSectionChanged'
  readonly detail: string
}

/** Every section with its options, those of `[DEFAULT]` included, in the order of the files. */
export interface MergedConfig {
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, MergedOption>>
  readonly faults: readonly MergeFault[]
  readonly dialect: BarmanDialect
}

/** Where the main file sends Barman next: `directory` for what `includedFiles` picks, then `autoFile` if it exists (3.10 and later). */
export interface Includes { readonly directory: string | null, readonly autoFile: string | null }

/** Reads the main file for where to read on; `accountHome` is what a leading `~` of the directory stands for. */
export function includesOf (main: ConfigFile, dialect: BarmanDialect, accountHome: string): Includes {
  const global = mergeFiles([main], dialect).sections.get('barman')
  const [directory, home] = ['configuration_files_directory', 'barman_home'].map((key) => barmanValue(global?.get(key)?.value ?? '', dialect))
  return {
    directory: directory?.replace(/^~(?=\/|$)/, () => accountHome) ?? null,
    autoFile: dialect.isShared || typeof home !== 'string' ? null : `${home}/.barman.auto.conf`
  }
}

/** Those names of `configuration_files_directory` that Barman reads (`*.conf`, none hidden), in its order. */
export function includedFiles (names: readonly string[]): string[] {
  return names.filter((name) => name.endsWith('.conf') && !name.startsWith('.')).sort(byCodePoint)
}

/**
 * Merges the main file, the included ones and `.barman.auto.conf`, given in this order: a later option wins.
 * Where Barman would stop this goes on and says so: a file with faults is left out, and an included one may not touch `[barman]`.
 */
export function mergeFiles (files: readonly ConfigFile[], dialect: BarmanDialect): MergedConfig {
  const merger = new Merger(dialect)
  for (const [index, file] of files.entries()) {
    const before = merger.global()
    merger.add(file)
    if (index > 0 && merger.global() !== before) merger.fault(file.path, null, 'GlobalSectionChanged')
  }
  return merger.result()
}

type Options = Map<string, MergedOption>
type Failed = Extract<Interpolated, { value: null }>
type OnFailure = (option: MergedOption, failed: Failed) => void

const DETAILS = {
  MissingSectionHeaderError: 'the line stands before any [section]',
  ParsingError: 'the line is neither a section, an option nor the rest of one',
  ValueError: 'a "%" is left after interpolation',
  GlobalSectionChanged: 'only the main file may change the section [barman]'
}

class Merger {
  readonly #dialect: BarmanDialect
  readonly #defaults: Options = new Map()
  readonly #sections = new Map<string, Options>()
  readonly #faults: MergeFault[] = []

  constructor (dialect: BarmanDialect) {
    this.#dialect = dialect
  }

  add ({ path, document }: ConfigFile): void {
    for (const { error, line } of document.faults) this.fault(path, line, error)
    if (document.faults.length > 0) return
    const { defaults, sections } = effectiveEntries(document)
    if (this.#dialect.isShared) assign(this.#defaults, ofFile(path, defaults))
    for (const [name, entries] of sections) {
      const own = ofFile(path, entries)
      assign(this.#section(name), this.#dialect.isShared ? own : this.#resolve(ofFile(path, defaults), own))
    }
  }

  fault (path: string, line: number | null, error: keyof typeof DETAILS): void {
    this.#faults.push({ path, line, error, detail: DETAILS[error] })
  }

  /** What `[barman]` says so far, in a form to compare. */
  global (): string {
    const pairs = [...this.#settled('barman')].map(([key, { value }]) => JSON.stringify([key, value]))
    return pairs.sort().join()
  }

  result (): MergedConfig {
    const settle = (name: string) => this.#settled(name, (option, failed) => this.#failed(option, failed))
    const sections = new Map([...this.#sections.keys()].map((name) => [name, settle(name)]))
    return { sections, faults: this.#faults, dialect: this.#dialect }
  }

  #section (name: string): Options {
    const options: Options = this.#sections.get(name) ?? new Map()
    this.#sections.set(name, options)
    return options
  }

  /** Since 3.10: resolves a section within its file; what comes out is stored as if it had been written so. */
  #resolve (defaults: Options, own: Options): Options {
    const resolved = resolveAll(new Map([...defaults, ...own]), (option, failed) => this.#failed(option, failed))
    for (const [key, option] of resolved) {
      if (option.value === null || !hasStrayPercent(option.value)) continue
      this.fault(option.source, option.entry.from, 'ValueError')
      resolved.set(key, { ...option, value: null })
    }
    return resolved
  }

  #settled (name: string, onFailure?: OnFailure): Options {
    return resolveAll(new Map([...this.#defaults, ...(this.#sections.get(name) ?? [])]), onFailure)
  }

  #failed ({ source, entry }: MergedOption, { error, detail }: Failed): void {
    this.#faults.push({ path: source, line: entry.from, error, detail })
  }
}

/** Interpolates each option among the others; one that is null stays null. */
function resolveAll (options: Options, onFailure?: OnFailure): Options {
  const resolved: Options = new Map()
  for (const [key, option] of options) {
    const result = option.value === null ? null : interpolate(option.value, (other) => options.get(other)?.value ?? undefined)
    if (result?.error !== undefined) onFailure?.(option, result)
    resolved.set(key, { ...option, value: result?.value ?? null })
  }
  return resolved
}

function ofFile (source: string, entries: ReadonlyMap<string, Entry>): Options {
  return new Map([...entries].map(([key, entry]) => [key, { value: entry.value, source, entry }]))
}

function assign (target: Options, options: Options): void {
  for (const [key, option] of options) target.set(key, option)
}
