import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { replaceFile } from '../files.ts'
import type { Catalogue } from './catalogue.ts'

const Word = Type.String({ maxLength: 4096 })
const Text = Type.String({ maxLength: 262_144 })
const MaybeWords = Type.Union([Type.Array(Word), Type.Null()])
const strict = { additionalProperties: false }

const Positional = Type.Object({
  name: Word,
  nargs: Type.Union([Type.Null(), Type.Literal('?'), Type.Literal('+'), Type.Literal('*')]),
  choices: MaybeWords,
  description: Text
}, strict)

const Option = Type.Object({
  names: Type.Array(Word, { minItems: 1 }),
  arity: Type.Union([Type.Literal('flag'), Type.Literal('value'), Type.Literal('optional')]),
  metavar: Type.Union([Word, Type.Null()]),
  choices: MaybeWords,
  description: Text
}, strict)

const Command = Type.Object({
  name: Word, aliases: Type.Array(Word), description: Text, positionals: Type.Array(Positional), options: Type.Array(Option)
}, strict)

/** What tells one barman from another: another program, or the same one upgraded, differs in one of these. */
export type BarmanIdentity = Static<typeof Identity>
const Identity = Type.Object({ path: Word, mtimeMs: Type.Number(), size: Type.Number(), version: Word }, strict)

const CacheFile = Type.Object({
  v: Type.Literal(1),
  identity: Identity,
  catalogue: Type.Object({ version: Word, globalOptions: Type.Array(Option), commands: Type.Array(Command, { minItems: 1 }) }, strict)
}, strict)

/** The catalogue kept for this very barman; `null` where there is none, or what is there cannot be trusted (torn, foreign, of another version). */
export async function loadCatalogue (file: string, identity: BarmanIdentity): Promise<Catalogue | null> {
  const content = parse(await readFile(file, 'utf8').catch(() => '')) // a cache that cannot be read is a cache that is not there
  return Value.Check(CacheFile, content) && Value.Equal(content.identity, identity) ? content.catalogue : null
}

/** Keeps a catalogue: whole or not at all, even through a crash (temporary file, fsync, rename), and readable by us alone. */
export async function saveCatalogue (file: string, identity: BarmanIdentity, catalogue: Catalogue): Promise<void> {
  const content = { v: 1, identity, catalogue }
  Value.Assert(CacheFile, content)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await replaceFile(file, JSON.stringify(content))
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // torn, or none of ours: as good as none
  }
}
