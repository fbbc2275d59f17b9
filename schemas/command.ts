import { type Static, Type } from '@sinclair/typebox'
import { Nullable, Strings } from './common.ts'
import { named } from './named.ts'

const Part = Type.Object({
  exitCode: Nullable(Type.Integer()),
  ok: Type.Boolean(),
  errors: Strings('What Barman said of this server'),
  problem: Type.Optional(Type.Object({ code: Type.String(), status: Type.Integer(), detail: Type.String() }, { description: 'Why this part has no result' }))
}, { description: 'What became of one server' })

/** The answer of a command that ran to its end while the caller waited. */
export const CommandReply = Type.Object({
  command: Type.String({ description: 'As this Barman calls it' }),
  exitCode: Nullable(Type.Integer({ description: "Barman's own; null when it did not run for every server" })),
  ok: Type.Boolean({ description: 'True when barman exited 0, for every server named' }),
  result: Type.Unknown({ description: "Barman's own document, where it has one; keyed by server" }),
  output: Strings('The lines that Barman printed, where it has no document'),
  errors: Strings('What Barman called an error'),
  warnings: Strings('What Barman called a warning'),
  durationMs: Type.Integer({ minimum: 0 }),
  servers: Type.Optional(Type.Record(Type.String(), Part, { description: 'One part a server, where several were named' }))
}, { $id: 'CommandReply', description: 'What a command answered' })
export type CommandReply = Static<typeof CommandReply>
export type ReplyPart = Static<typeof Part>

export const ParameterHelp = Type.Object({
  name: Type.String(),
  required: Type.Boolean(),
  positional: Type.Boolean({ description: 'A word of its own on the command line of barman, in this order; else an option' }),
  type: Type.String({ description: 'JSON type: string, integer, boolean or array', examples: ['string'] }),
  values: Nullable(Type.Array(Type.Union([Type.String(), Type.Boolean()]), { description: 'The only values' })),
  description: Type.String(),
  needsExec: Type.Boolean({ description: 'Needs the scope `exec`' }),
  schema: Type.Unknown({ description: 'As JSON schema' })
})

/** One command as the catalogue knows it. */
export const CommandHelp = Type.Object({
  command: Type.String(),
  aliases: Strings('Other names of the same command'),
  description: Type.String(),
  class: Type.String({ description: 'The scope it needs', examples: ['read'] }),
  async: Type.Boolean({ description: 'Answers 202 with a ticket by itself' }),
  url: Type.String(),
  required: Type.Array(ParameterHelp),
  optional: Type.Array(ParameterHelp)
}, { $id: 'CommandHelp', description: 'A command and its parameters' })
export type CommandHelp = Static<typeof CommandHelp>

export const CatalogueHelp = Type.Object({
  host: Type.String(),
  barmanVersion: Type.String(),
  commands: Type.Array(named(CommandHelp))
}, { $id: 'CatalogueHelp', description: 'Every command of the installed Barman' })
export type CatalogueHelp = Static<typeof CatalogueHelp>
