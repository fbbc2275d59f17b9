import { gunzipSync } from 'node:zlib'
import type { BarmanSettings, ParameterManual } from '../../schemas/config.ts'
import { mergeFiles } from '../dialect/barman-files.ts'
import { AppError } from '../errors.ts'
import { readTree, versionOf } from './config-edit/tree.ts'
import type { Host } from './host.ts'
import { locateManual, parseManual } from './manual.ts'
import { readOutput } from './output.ts'
import { redactDeep } from './redact.ts'
import { complete, fromDiagnose, fromFiles, type SettingsSection } from './settings.ts'

const TIMEOUT_MS = 5_000 // diagnose asks every PostgreSQL: one that is silent must not hide the configuration
const MAX_MANUAL_BYTES = 4 * 1024 * 1024

/** Every section and key with its effective value and its file, as Barman sees it; by our own reading of the files where it does not answer in 5 s. */
export async function readSettings (host: Host, sees: (server: string) => boolean): Promise<BarmanSettings> {
  const tree = await readTree(host)
  const files = mergeFiles(tree.files, tree.dialect)
  const told = await diagnose(host)
  const sections = told.length > 0 ? complete(told, files) : fromFiles(files)
  return {
    host: host.name,
    version: versionOf(tree),
    basis: told.length > 0 ? 'barman' : 'files',
    sections: redactDeep(sections).filter(({ section, kind }) => kind !== 'server' || sees(section)).map(({ section, kind, settings }) => ({ section, kind, settings: { ...settings } })),
    faults: files.faults.map(({ path, line, error, detail }) => ({ file: path, line: line === null ? null : line + 1, detail: `${error}: ${detail}` }))
  }
}

/** What the files alone set, as text: by our own reading, whatever Barman makes of it. */
export async function readFileSettings (host: Host): Promise<SettingsSection[]> {
  const { files, dialect } = await readTree(host)
  return fromFiles(mergeFiles(files, dialect))
}

/** Barman's parameters as its manual page describes them; without that page the names alone, Barman's own or at least those in its files. */
export async function readManual (host: Host): Promise<ParameterManual[]> {
  const { path } = await host.runner.fingerprint()
  for (const candidate of locateManual(path)) {
    const page = await host.runner.readFile(candidate)
    const entries = page ? parseManual(textOf(page)) : []
    if (entries.length > 0) return entries.map((entry) => ({ ...entry, scope: [...entry.scope], default: entry.default ?? null }))
  }
  const told = await diagnose(host).catch(unanswered)
  const { files } = told.length > 0 ? { files: [] } : await readTree(host).catch(() => ({ files: [] }))
  const names = new Set([...told.flatMap(({ settings }) => Object.keys(settings)), ...files.flatMap(({ document }) => document.entries.map(({ key }) => key))])
  return [...names].sort().map((name) => ({ name, description: '', scope: [], default: null }))
}

async function diagnose (host: Host): Promise<SettingsSection[]> {
  const compiled = await host.command('diagnose')
  const showsSource = compiled.parameters.some(({ name }) => name === 'show_config_source')
  const { words } = await host.words('diagnose', showsSource ? { show_config_source: true } : {})
  const { exitCode, stdout, stderr } = await host.run(null, words, { timeoutMs: TIMEOUT_MS })
  return fromDiagnose(readOutput({ format: 'console', command: 'diagnose', exitCode, stdout, stderr }).result)
}

/** A Barman that does not answer has no names; anything else flies. */
function unanswered (error: unknown): SettingsSection[] {
  if (!(error instanceof AppError)) throw error
  return []
}

function textOf (page: Buffer): string {
  const isPacked = page[0] === 0x1f && page[1] === 0x8b
  return (isPacked ? gunzipSync(page, { maxOutputLength: MAX_MANUAL_BYTES }) : page).toString('utf8')
}
