import { type Static, Type } from '@sinclair/typebox'
import { Instant, Nullable, ServerName } from './common.ts'
import { Ticket } from './job.ts'

const Value = Type.Union([Type.String({ maxLength: 4096 }), Type.Number(), Type.Boolean(), Type.Null()], { description: 'As it shall stand in the file; null removes the key' })
const Flag = Type.Union([Type.Boolean(), Type.Literal('true'), Type.Literal('1'), Type.Literal(''), Type.Literal('false'), Type.Literal('0')], { description: 'Check and show the change, and write nothing; in a query `true`, `1` or nothing' })
const Name = Type.String({ minLength: 3, maxLength: 400, description: 'SECTION.KEY', examples: ['main.compression'] })

/** Keys to be set, as `main.description`, beside those to be removed. */
export const SettingsChange = Type.Object({
  unset: Type.Optional(Type.Union([Name, Type.Array(Name, { maxItems: 100 })], { description: 'Keys to be removed, as SECTION.KEY' })),
  dry_run: Type.Optional(Flag)
}, {
  additionalProperties: Value,
  maxProperties: 100,
  examples: [{ 'main.description': 'The shop', 'main.compression': 'gzip', unset: ['main.bandwidth_limit'], dry_run: true }]
})
export type SettingsChange = Static<typeof SettingsChange>

export const NewSection = Type.Object({
  section: ServerName,
  template: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9._-]{0,100}$', description: "A file beside Barman's included ones; its one section is renamed", examples: ['streaming-server.conf-template'] })),
  settings: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Value, { maxProperties: 200, description: 'Keys of the section; null leaves out one that the template has' })),
  dry_run: Type.Optional(Flag)
}, { additionalProperties: false, examples: [{ section: 'shop', template: 'streaming-server.conf-template', settings: { description: 'The shop', conninfo: 'host=shop user=barman dbname=postgres' } }] })

export const OldSection = Type.Object({ section: ServerName, dry_run: Type.Optional(Flag) }, { additionalProperties: false, examples: [{ section: 'shop' }] })

export const VersionChoice = Type.Object({ id: Ticket, dry_run: Type.Optional(Flag) }, { additionalProperties: false, examples: [{ id: '019ab3f2-5d1c-7c3e-9a51-0d6f2f3b8e11' }] })

const Diff = Type.String({ description: 'What changed, as `diff -u` prints it, secrets masked' })

/** What an edit of Barman's configuration did, or would do. */
export const ConfigChange = Type.Object({
  host: Type.String(),
  changed: Type.Boolean({ description: 'False where all was so already' }),
  dryRun: Type.Boolean(),
  atomic: Type.Boolean({ description: 'False where a file had to be written in place, because its folder is not ours or it is a mount' }),
  keptAs: Nullable(Type.String({ description: 'The id under which the earlier files are kept, for `/config/barman/restore`; null where nothing was written' })),
  version: Type.String({ description: 'Of all files now, for `If-Match`' }),
  files: Type.Array(Type.String(), { description: 'What was written' }),
  changes: Type.Array(Type.Object({
    section: Type.String(),
    key: Type.String(),
    file: Type.String(),
    before: Nullable(Type.String()),
    after: Nullable(Type.String())
  }), { description: 'Every value that differs, secrets masked' }),
  diff: Diff
}, { $id: 'ConfigChange', description: "What an edit of Barman's configuration did, or would do" })
export type ConfigChange = Static<typeof ConfigChange>

export const ConfigVersion = Type.Object({
  id: Type.String({ description: 'For `/config/barman/restore`' }),
  at: Instant,
  user: Type.String(),
  action: Type.String({ description: 'change, create, delete or restore' }),
  files: Type.Array(Type.String()),
  diff: Diff
}, { $id: 'ConfigVersion', description: "An edit of Barman's configuration, which can be taken back" })
export type ConfigVersion = Static<typeof ConfigVersion>

/** What became of a change of our own configuration. */
export const OwnChange = Type.Object({
  changed: Type.Boolean(),
  dryRun: Type.Boolean(),
  atomic: Type.Boolean(),
  file: Type.String(),
  applied: Type.Array(Type.String(), { description: 'Keys that count already' }),
  restartNeeded: Type.Array(Type.String(), { description: 'Keys that count after a restart of the service' }),
  diff: Diff
}, { $id: 'OwnChange', description: 'What became of a change of our own configuration' })
export type OwnChange = Static<typeof OwnChange>

/** True where a flag says so, in a query or a body. */
export function isSet (flag: Static<typeof Flag> | undefined): boolean {
  return flag === true || flag === 'true' || flag === '1' || flag === ''
}
