import { posix } from 'node:path'
import { addSection, removeOption, removeSection, setOption } from '../../dialect/config-edit.ts'
import { mergeFiles } from '../../dialect/barman-files.ts'
import { parseConfig } from '../../dialect/python-config.ts'
import { AppError, type InputFault } from '../../errors.ts'
import type { Host } from '../host.ts'
import { quote } from '../text.ts'
import { keyFault, sectionFault, valueFault } from './keys.ts'
import type { ConfigTree } from './tree.ts'

/** One key as it shall be; null removes it. */
export interface Wanted { readonly section: string, readonly key: string, readonly value: string | null }

/** New texts of files, by path; null removes the file. */
export type Texts = ReadonlyMap<string, string | null>

/** A section to be made. */
export interface CreateRequest {
  readonly section: string
  readonly settings?: Readonly<Record<string, unknown>>
  /** A file beside the included ones, such as `streaming-server.conf-template`, whose first section is renamed. */
  readonly template?: string
}

/** Reads `section.key` and values, as a query or a body has them; or throws `bad-request` with every fault. A section may have dots, a key has none. */
export function wantedOf (changes: Readonly<Record<string, unknown>>, unset: readonly string[]): Wanted[] {
  const all = [...Object.entries(changes), ...unset.map((name) => [name, null] as const)]
  const faults: InputFault[] = []
  const wanted = all.map(([name, raw]) => {
    const at = name.lastIndexOf('.')
    const [section, key] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)]
    const value = raw === null ? null : String(raw)
    const fault = at < 1 ? 'is no parameter here: say SECTION.KEY' : keyFault(key) ?? (Array.isArray(raw) ? 'is given more than once' : value === null ? null : valueFault(value))
    if (fault !== null) faults.push({ pointer: pointerTo(name), detail: fault })
    return { section, key, value }
  })
  const names = all.map(([name]) => name)
  for (const name of unset) if (names.filter((other) => other === name).length > 1) faults.push({ pointer: '/unset', detail: `names ${quote(name)}, which is given more than once` })
  if (all.length === 0) faults.push({ pointer: '', detail: 'say what to change, as main.description=…' })
  if (faults.length > 0) throw new AppError('bad-request', 'The input is not valid', { errors: faults })
  return wanted
}

/** The files with the keys as wanted: each set where it counts now, else in the first file that has its section; removed wherever it stands. */
export function textsFor (tree: ConfigTree, wanted: readonly Wanted[]): Texts {
  const { sections } = mergeFiles(tree.files, tree.dialect)
  const texts = new Map(tree.files.map(({ path, text }) => [path, text]))
  const edit = (path: string, change: (text: string) => string) => texts.set(path, change(texts.get(path) ?? ''))
  for (const { section, key, value } of wanted) {
    const holders = tree.files.filter(({ document }) => document.entries.some((entry) => entry.section === section && entry.key === key))
    const option = sections.get(section)?.get(key)
    const home = holders.find(({ path }) => path === option?.source) ?? tree.files.find(({ document }) => document.sections.some(({ name }) => name === section))
    if (value === null) for (const { path } of holders) edit(path, (text) => removeOption(text, section, key))
    else if (home && !(holders.includes(home) && option?.entry.value === value)) edit(home.path, (text) => setOption(text, section, key, value))
  }
  return new Map([...texts].filter(([path, text]) => tree.files.some((file) => file.path === path && file.text !== text)))
}

/** The new section in a file of its own, or at the end of the main one where nothing is included. */
export async function createTexts (host: Host, tree: ConfigTree, { section, settings = {}, template }: CreateRequest): Promise<Texts> {
  const [main] = tree.files
  if (!main) throw new AppError('barman-unusable', 'Barman has no configuration file here')
  const entries = checkedSettings(section, settings)
  if (tree.files.some(({ document }) => document.sections.some(({ name }) => name === section))) throw new AppError('section-exists', `There is a section ${section} already`)
  const path = tree.directory === null ? main.path : posix.join(tree.directory, `${section}.conf`)
  if (tree.directory !== null && await host.runner.readFile(path)) throw new AppError('section-exists', `There is a file ${path} already`)
  const base = template !== undefined ? await fromTemplate(host, tree, template, section) : addSection(tree.directory === null ? main.text : '', section)
  const text = entries.reduce((text, [key, value]) => value === null ? removeOption(text, section, key) : setOption(text, section, key, value), base)
  return new Map([[path, text]])
}

/** Every file that has the section, without it. */
export function deleteTexts (tree: ConfigTree, section: string): Texts {
  const files = tree.files.filter(({ document }) => document.sections.some(({ name }) => name === section))
  return new Map(files.map(({ path, text }) => [path, removeSection(text, section)]))
}

function checkedSettings (section: string, settings: Readonly<Record<string, unknown>>): ReadonlyArray<readonly [string, string | null]> {
  const entries = Object.entries(settings).map(([key, raw]) => [key, raw === null ? null : String(raw)] as const)
  const sectionIs = section === 'barman' ? 'is there already' : sectionFault(section)
  const faults = [
    ...sectionIs === null ? [] : [{ pointer: '/section', detail: sectionIs }],
    ...entries.flatMap(([key, value]) => { const detail = keyFault(key) ?? (value === null ? null : valueFault(value)); return detail === null ? [] : [{ pointer: pointerTo(key, '/settings'), detail }] })
  ]
  if (faults.length > 0) throw new AppError('bad-request', 'The input is not valid', { errors: faults })
  return entries
}

async function fromTemplate (host: Host, tree: ConfigTree, template: string, section: string): Promise<string> {
  const text = tree.directory === null ? null : await host.runner.readFile(posix.join(tree.directory, template))
  if (text === null) throw new AppError('bad-request', 'There is no such template', { errors: [{ pointer: '/template', detail: `is no file of ${tree.directory ?? 'a folder of included files, which this Barman does not have'}` }] })
  const { lines, sections, faults } = parseConfig(text.toString('utf8'))
  const [header, ...more] = sections
  if (!header || more.length > 0 || faults.length > 0) throw new AppError('bad-request', 'The template cannot be used', { errors: [{ pointer: '/template', detail: 'must have exactly one section and no faults' }] })
  return lines.map(({ text }, index) => index === header.line ? text.replace(`[${header.name}]`, () => `[${section}]`) : text).join('')
}

function pointerTo (name: string, prefix = ''): string {
  return `${prefix}/${name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
