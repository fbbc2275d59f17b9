import { type Static, Type } from '@sinclair/typebox'
import { JobState, Ticket } from '../../schemas/job.ts'
import { Nullable } from '../../schemas/common.ts'
import { Scope } from '../../schemas/user.ts'

const Text = Type.String()

/** A job as it stands on disk, `job.json` in its folder; written and fsynced before anything runs. */
export const JobRecord = Type.Object({
  v: Type.Literal(1),
  ticket: Ticket,
  kind: Type.Union([Type.Literal('command'), Type.Literal('batch')]),
  host: Text,
  command: Text,
  /** Every name of the command: access to the job is decided on them. */
  names: Type.Array(Text),
  parameters: Type.Record(Text, Type.Unknown()),
  servers: Type.Array(Text),
  /** The words after the program. */
  argv: Type.Array(Text),
  format: Type.Union([Type.Literal('json'), Type.Literal('console')]),
  /** Lanes it occupies while it waits and runs, such as `default/main/change`. */
  holds: Type.Array(Text),
  /** Lanes that refuse it while another job holds them. */
  excludes: Type.Array(Text),
  /** Lanes that make it wait while another job holds them. */
  waitsFor: Type.Array(Text),
  /** Which slots it takes: `long` and `restore` are bounded, `short` hardly, `none` not at all. */
  slot: Type.Union([Type.Literal('long'), Type.Literal('restore'), Type.Literal('short'), Type.Literal('none')]),
  user: Text,
  scopes: Type.Array(Scope),
  requestId: Text,
  state: JobState,
  reason: Nullable(Text),
  exitCode: Nullable(Type.Integer()),
  result: Type.Unknown(),
  errors: Type.Array(Text),
  warnings: Type.Array(Text),
  createdAt: Text,
  startedAt: Nullable(Text),
  finishedAt: Nullable(Text),
  /** What we meant when we signaled it; fsynced before the first signal. */
  intent: Nullable(Type.Union([Type.Literal('canceled'), Type.Literal('timed_out')])),
  timeoutS: Nullable(Type.Integer()),
  jobs: Nullable(Type.Array(Ticket)),
  batch: Nullable(Ticket),
  /** The key that its caller gave it, with user, host and command, as sha256; absent from records of before there were keys. */
  idempotencyKey: Type.Optional(Nullable(Text)),
  /** What was asked with that key, as sha256. */
  bodyHash: Type.Optional(Nullable(Text))
})
export type JobRecord = Static<typeof JobRecord>

const FINAL: ReadonlySet<JobState> = new Set(['succeeded', 'failed', 'canceled', 'timed_out', 'unknown'])

/** A state that never changes. */
export function isFinal (state: JobState): boolean {
  return FINAL.has(state)
}
