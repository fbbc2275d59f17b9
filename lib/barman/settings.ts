import { barmanDialect, barmanValue, isTrue } from '../dialect/barman-dialect.ts'
import type { MergedConfig, MergedOption } from '../dialect/barman-files.ts'

/** What Barman's configuration amounts to: every section with its effective values and where they come from. */

/** One parameter; `source` is the file that sets it, `isDefault` whether none does (both null where it is not known). */
export interface Setting {
  readonly value: unknown
  readonly source: string | null
  readonly isDefault: boolean | null
}

/** `global` is Barman's own section, a `model` a set of values that a server can be switched to. */
export type SectionKind = 'global' | 'server' | 'model'

export interface SettingsSection {
  readonly section: string
  readonly kind: SectionKind
  readonly settings: Readonly<Record<string, Setting>>
}

const GLOBAL = 'barman'

/** What diagnose puts among the parameters of a section without being one. */
const NOT_SETTINGS = new Set(['errors_list', 'msg_list', 'name'])

/** Parameters of `[barman]` that no server has or inherits. */
const GLOBAL_ONLY = new Set([
  'barman_user', 'config_changes_queue', 'configuration_files_directory', 'lock_directory_cleanup', 'log_file', 'log_format', 'log_level'
])

/**
 * The view in a document of `barman diagnose`, plain or with `--show-config-source`; secrets are in it as they came.
 * What does not look like such a document has no sections.
 */
export function fromDiagnose (document: unknown): SettingsSection[] {
  const { global, servers, models } = record(document)
  return [
    ...(global === undefined ? [] : [{ section: GLOBAL, kind: 'global' as const, settings: globalSettings(record(global)) }]),
    ...sectionsOf('server', servers),
    ...sectionsOf('model', models)
  ]
}

/**
 * The view by our own reading, for when Barman does not answer: what the files set, as text, without Barman's defaults.
 * A server has what it inherits from `[barman]` too; `inheritable` names those keys where they are known (the manual's scopes tell).
 */
export function fromFiles (files: MergedConfig, inheritable?: ReadonlySet<string>): SettingsSection[] {
  const isInherited = (key: string) => inheritable === undefined ? !GLOBAL_ONLY.has(key) : inheritable.has(key)
  const inherited = [...files.sections.get(GLOBAL) ?? []].filter(([key]) => isInherited(key))
  return [...files.sections].map(([section, options]) => {
    const kind = kindOf(section, options, files)
    const all = kind === 'server' ? [...inherited, ...options] : [...options]
    const settings = all.map(([key, option]) => [key, { value: valueOf(option, files), source: option.source, isDefault: false }] as const)
    return { section, kind, settings: Object.fromEntries(settings) }
  })
}

/**
 * Adds to the view of a plain diagnose (all there is before 3.10) what the files know: where each value comes from.
 * As in Barman's own `--show-config-source`, a key that the server's section lacks counts as set where `[barman]` has it.
 */
export function complete (view: readonly SettingsSection[], files: MergedConfig): SettingsSection[] {
  return view.map(({ section, kind, settings }) => {
    const own = files.sections.get(section)
    const inherited = kind === 'server' ? files.sections.get(GLOBAL) : undefined
    const traced = Object.entries(settings).map(([key, setting]) => {
      const option = own?.get(key) ?? taken(setting.value, inherited?.get(key), files)
      return [key, setting.isDefault === null ? traceTo(option, setting) : setting] as const
    })
    return { section, kind, settings: Object.fromEntries(traced) }
  })
}

function sectionsOf (kind: SectionKind, sections: unknown): SettingsSection[] {
  return Object.entries(record(sections)).map(([section, found]) => ({ section, kind, settings: settingsOf(record(found).config) }))
}

/** Of all sections diagnose shows `[barman]` alone as it is written, quotes and all. */
function globalSettings ({ config, system_info: system }: Members): SettingsSection['settings'] {
  const dialect = barmanDialect(String(record(system).barman_ver))
  return settingsOf(config, (value) => typeof value === 'string' ? barmanValue(value, dialect) : value)
}

function settingsOf (config: unknown, read = (value: unknown) => value): SettingsSection['settings'] {
  const keys = Object.entries(record(config)).filter(([key]) => !NOT_SETTINGS.has(key))
  return Object.fromEntries(keys.map(([key, found]) => {
    const { value, source } = withSource(found)
    const isDefault = source === null ? null : source === 'default' // Barman's word for no file
    return [key, { value: read(value), source: isDefault === false ? source : null, isDefault }]
  }))
}

/** Tells the form of `--show-config-source` from a value that is an object (bandwidth limits by tablespace). */
function withSource (found: unknown): { value: unknown, source: string | null } {
  const { value, source, ...others } = record(found)
  const isSourced = typeof source === 'string' && Object.keys(others).length === 0
  return isSourced ? { value, source } : { value: found, source: null }
}

/** An inherited option that Barman did not take (the value is null, the text is not) leaves the default standing. */
function taken (value: unknown, inherited: MergedOption | undefined, files: MergedConfig): MergedOption | undefined {
  return inherited === undefined || (value === null && valueOf(inherited, files) !== null) ? undefined : inherited
}

function traceTo (option: MergedOption | undefined, { value }: Setting): Setting {
  return { value, source: option?.source ?? null, isDefault: option === undefined }
}

function valueOf ({ value }: MergedOption, { dialect }: MergedConfig): string | null {
  return value === null ? null : barmanValue(value, dialect)
}

function kindOf (section: string, options: ReadonlyMap<string, MergedOption>, { dialect }: MergedConfig): SectionKind {
  if (section === GLOBAL) return 'global'
  const isModel = !dialect.isShared && isTrue(options.get('model')?.value ?? '') // there are models since 3.10
  return isModel ? 'model' : 'server'
}

type Members = Readonly<Record<string, unknown>>

function record (value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
