import type { MergedConfig } from '../../dialect/barman-files.ts'
import { isTrue } from '../../dialect/barman-dialect.ts'
import type { SectionKind } from '../settings.ts'

/** What a section is; null where there is none. There are models since 3.10. */
export function kindIn ({ sections, dialect }: MergedConfig, section: string): SectionKind | null {
  const options = sections.get(section)
  if (!options) return null
  if (section === 'barman') return 'global'
  return !dialect.isShared && isTrue(options.get('model')?.value ?? '') ? 'model' : 'server'
}
