import { barmanDialect, barmanValue } from '../dialect/barman-dialect.ts'
import { readFileSettings } from './configuration.ts'
import type { Host } from './host.ts'

type Change = Readonly<Record<string, unknown>> & { readonly scope: 'server' | 'model' }

/**
 * Which of the changes that `barman config-update` was given do not stand in the configuration, as `SECTION.OPTION`;
 * null where its files cannot be read.
 */
export async function missedChanges (host: Host, changes: string): Promise<string[] | null> {
  const sections = await readFileSettings(host).catch(() => null)
  if (!sections || sections.length === 0) return null
  const dialect = barmanDialect((await host.current()).version)
  const asked = (JSON.parse(changes) as Change[]).flatMap(optionsOf) // as it was checked before it ran
  return [...new Map(asked)].flatMap(([name, { section, key, text }]) => {
    const found = sections.find((one) => one.section === section)?.settings[key]?.value ?? null
    return found === barmanValue(text, dialect) ? [] : [name]
  })
}

/** The options of a change by name; Barman takes texts alone. */
function optionsOf ({ scope, ...rest }: Change): Array<readonly [name: string, { section: string, key: string, text: string }]> {
  const { [`${scope}_name`]: name, ...options } = rest
  const section = String(name)
  return Object.entries(options).map(([key, value]) => [`${section}.${key}`, { section, key, text: String(value).trim() }])
}
