import { Kind, type TSchema } from '@sinclair/typebox'
import type { OwnSettings } from '../../schemas/config.ts'
import { redactDeep } from '../barman/redact.ts'
import { type Config, ConfigSchema } from './schema.ts'

/** The configuration as it was read at the start, without its secrets. */
export function showConfig (config: Config): OwnSettings {
  const sections = Object.entries(ConfigSchema.properties).flatMap(([section, schema]) => {
    const values = config[section as keyof typeof ConfigSchema.properties] as Record<string, unknown> | null // one object a section; [log] may be absent
    return schema[Kind] === 'Object' ? [[section, describe(schema.properties, values)]] : []
  })
  return { file: config.file, sections: Object.fromEntries(sections) }
}

function describe (keys: Record<string, TSchema>, values: Record<string, unknown> | null): OwnSettings['sections'][string] {
  return Object.fromEntries(Object.entries(keys).map(([key, { description = '', default: standard = null, unit = null, secret = false }]) => [key, {
    value: secret || !values ? null : redactDeep(values[key]), default: standard, description, unit, isSecret: secret
  }]))
}
