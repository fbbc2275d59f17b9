import { type Static, Type } from '@sinclair/typebox'
import { Nullable } from './common.ts'

const Setting = Type.Object({
  value: Type.Unknown({ description: 'As it counts now, secrets masked' }),
  source: Nullable(Type.String({ description: 'The file that sets it; null where none does or it is not known' })),
  isDefault: Nullable(Type.Boolean({ description: 'True where no file sets it' }))
})

/** Barman's configuration as it counts. */
export const BarmanSettings = Type.Object({
  host: Type.String(),
  version: Type.String({ description: 'Of all files together: send it as `If-Match` with a change, which then fails if anything changed meanwhile' }),
  basis: Type.Union([Type.Literal('barman'), Type.Literal('files')], { description: '`files`: Barman did not answer in 5 s, these are the files as this service reads them, without defaults' }),
  sections: Type.Array(Type.Object({
    section: Type.String(),
    kind: Type.Union([Type.Literal('global'), Type.Literal('server'), Type.Literal('model')]),
    settings: Type.Record(Type.String(), Setting)
  })),
  faults: Type.Array(Type.Object({ file: Type.String(), line: Nullable(Type.Integer()), detail: Type.String() }), { description: 'What is wrong with the files' })
}, { $id: 'BarmanSettings', description: "Barman's configuration as it counts" })
export type BarmanSettings = Static<typeof BarmanSettings>

export const ParameterManual = Type.Object({
  name: Type.String(),
  description: Type.String({ description: 'From the manual page; empty where there is none' }),
  scope: Type.Array(Type.String(), { description: 'Where it may stand: global, server, model; empty where the page does not say' }),
  default: Nullable(Type.String())
}, { $id: 'ParameterManual', description: 'A parameter of barman.conf' })
export type ParameterManual = Static<typeof ParameterManual>

const OwnKey = Type.Object({
  value: Type.Unknown({ description: 'null for a secret' }),
  default: Type.Unknown(),
  description: Type.String(),
  unit: Nullable(Type.String()),
  isSecret: Type.Boolean()
})

/** Our own configuration: section, key, value. */
export const OwnSettings = Type.Object({
  file: Nullable(Type.String({ description: 'The file that was read at the start; null where there was none' })),
  sections: Type.Record(Type.String(), Type.Record(Type.String(), OwnKey))
}, { $id: 'OwnSettings', description: 'The configuration of this service; secrets are never shown' })
export type OwnSettings = Static<typeof OwnSettings>
