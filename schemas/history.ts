import { type Static, Type } from '@sinclair/typebox'
import { JobState, JobSummary, Ticket } from './job.ts'
import { named } from './named.ts'
import { Nullable } from './common.ts'

export const Month = Type.String({ pattern: '^[0-9]{4}(0[1-9]|1[0-2])$', description: 'A month, YYYYMM', examples: ['202601'] })

export const HistoryQuery = Type.Object({
  past: Type.Optional(Month),
  state: Type.Optional(JobState),
  command: Type.Optional(Type.String({ maxLength: 255, description: 'A command, by any of its names' })),
  server: Type.Optional(Type.String({ maxLength: 255, description: 'A PostgreSQL server as Barman names it' })),
  user: Type.Optional(Type.String({ maxLength: 255, description: 'Who asked for it' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'Jobs of a page' })),
  cursor: Type.Optional(Type.String({ pattern: Ticket.pattern as string, description: '`nextCursor` of the page before' }))
}, { additionalProperties: false })
export type HistoryQuery = Static<typeof HistoryQuery>

export const HistoryPage = Type.Object({
  month: Month,
  jobs: Type.Array(named(JobSummary), { description: 'Newest first' }),
  nextCursor: Nullable(Type.String({ description: 'Of the page after this one; null at the end' }))
}, { $id: 'HistoryPage', description: 'Jobs of one month' })

export const TicketQuery = Type.Object({ ticket: Ticket }, { additionalProperties: false })

const MAX_OFFSET = Number.MAX_SAFE_INTEGER
const Stream = Type.Union([Type.Literal('stdout'), Type.Literal('stderr')], { default: 'stdout', description: 'What the process prints to' })

export const WaitQuery = Type.Object({
  wait: Type.Optional(Type.Integer({ minimum: 0, maximum: 55, description: 'Seconds to wait for the job to end before answering; `Prefer: wait=N` says the same' }))
}, { additionalProperties: false })
export type WaitQuery = Static<typeof WaitQuery>

export const OutputQuery = Type.Object({
  stream: Type.Optional(Stream),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_OFFSET, default: 0, description: 'Byte of the stream to begin at: 0, or `nextOffset` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1024, maximum: 262_144, default: 262_144, description: 'Bytes of the longest page' })),
  tail: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'The last lines instead of a page from `offset`' }))
}, { additionalProperties: false })
export type OutputQuery = Static<typeof OutputQuery>

export const JobOutput = Type.Object({
  ticket: Ticket,
  state: JobState,
  stream: Stream,
  offset: Type.Integer({ minimum: 0, maximum: MAX_OFFSET, description: 'Byte of the stream at which the page begins' }),
  nextOffset: Type.Integer({ minimum: 0, maximum: MAX_OFFSET, description: 'Where the next page begins; the same as `offset` while nothing new is there' }),
  size: Type.Integer({ minimum: 0, maximum: MAX_OFFSET, description: 'Bytes of the stream so far' }),
  isComplete: Type.Boolean({ description: 'The job has ended, and this page ends with its output' }),
  text: Type.String({ description: 'Secrets masked, colors removed' })
}, { $id: 'JobOutput', description: 'A page of what a job printed' })
export type JobOutput = Static<typeof JobOutput>

const EventId = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})\\.(0|[1-9][0-9]{0,14})\\.[0-4]$', description: '`id` of the last event that arrived: the stream goes on behind it', examples: ['1024.0.2'] })

export const EventsQuery = Type.Object({
  last_event_id: Type.Optional({ ...EventId, description: 'The same as the header `Last-Event-ID`, which is stronger' })
}, { additionalProperties: false })
export type EventsQuery = Static<typeof EventsQuery>

export const EventsHeaders = Type.Object({ 'last-event-id': Type.Optional(EventId) })
export type EventsHeaders = Static<typeof EventsHeaders>

export const JobEvents = Type.String({
  description: 'Events as in the HTML standard, each with `event`, `id` and `data`',
  examples: [[
    'retry: 2000', '',
    'event: state', 'id: 0.0.2', 'data: {"ticket":"019ab3f2-5d1c-7c3e-9a51-0d6f2f3b8e11","state":"running"}', '',
    'event: output', 'id: 33.0.2', 'data: {"stream":"stdout","offset":0,"nextOffset":33,"text":"Starting backup for server main\\n"}', '',
    ': ping', '',
    'event: end', 'id: 33.0.4', 'data: {"ticket":"019ab3f2-5d1c-7c3e-9a51-0d6f2f3b8e11","state":"succeeded"}', '', ''
  ].join('\n')]
})
