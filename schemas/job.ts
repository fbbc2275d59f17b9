import { type Static, Type } from '@sinclair/typebox'
import { Instant, Nullable, ServerName, Strings } from './common.ts'

export const Ticket = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'A job, as a UUIDv7: random, sorted by time',
  examples: ['019ab3f2-5d1c-7c3e-9a51-0d6f2f3b8e11']
})

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'canceled', 'timed_out', 'unknown'] as const
export const JobState = Type.Union(JOB_STATES.map((state) => Type.Literal(state)), {
  description: '`succeeded` only if barman exited 0, `unknown` when the truth cannot be known; a state after `running` never changes'
})
export type JobState = typeof JOB_STATES[number]

export const Progress = Type.Object({
  percent: Nullable(Type.Integer({ minimum: 0, maximum: 99, description: 'Null where it cannot be said yet; never 100, for only the end is the end' })),
  basis: Type.Union([Type.Literal('copy-steps'), Type.Literal('bytes-of-last-backup')], {
    description: '`copy-steps`: steps that Barman itself counts, which take differently long; `bytes-of-last-backup`: bytes in the folder of the backup against the size of the last one'
  }),
  estimated: Type.Boolean({ description: 'A guess: this backup may come out larger or smaller than the last one' }),
  etaSeconds: Nullable(Type.Integer({ minimum: 0, maximum: 31_536_000, description: 'Seconds to go at the rate so far; null where no rate tells' }))
}, { description: 'How far it has come. Null unless it runs and something honest can be said' })
export type Progress = Static<typeof Progress>

/** Without output: as lists show it. */
export const JobSummary = Type.Object({
  ticket: Ticket,
  kind: Type.Union([Type.Literal('command'), Type.Literal('batch')], { description: 'A `batch` names several servers: no process of its own, one job a server in `jobs`' }),
  state: JobState,
  reason: Nullable(Type.String({ maxLength: 255, description: 'Why the state is what it is, where that needs a word: `skipped`, `stale`, …' })),
  host: Type.String({ maxLength: 255 }),
  command: Type.String({ maxLength: 255, description: 'As this Barman calls it' }),
  parameters: Type.Record(Type.String(), Type.Unknown(), { description: 'As given, secrets masked' }),
  servers: Type.Array(ServerName),
  user: Type.String({ maxLength: 255 }),
  requestId: Type.String({ maxLength: 255 }),
  exitCode: Nullable(Type.Integer({ description: "Barman's own" })),
  ok: Nullable(Type.Boolean({ description: 'True when succeeded, null before the end' })),
  createdAt: Instant,
  startedAt: Nullable(Instant),
  finishedAt: Nullable(Instant),
  durationMs: Nullable(Type.Integer({ minimum: 0 })),
  progress: Nullable(Progress),
  jobs: Nullable(Type.Array(Ticket, { description: 'Of a batch: one job a server' })),
  batch: Nullable(Ticket)
}, { $id: 'JobSummary', description: 'A job without its output' })
export type JobSummary = Static<typeof JobSummary>

export const Job = Type.Composite([JobSummary, Type.Object({
  result: Type.Unknown({ description: "Barman's own document where there is one; after a backup that of `show-backup`" }),
  output: Strings('The last lines that Barman printed, secrets masked'),
  outputTruncated: Type.Boolean({ description: 'Lines before `output` are left out' }),
  errors: Strings('What Barman called an error'),
  warnings: Strings('What Barman called a warning')
})], { $id: 'Job', description: 'A job: a command and what became of it' })
export type Job = Static<typeof Job>
