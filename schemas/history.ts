import { type Static, Type } from '@sinclair/typebox'
import { JobState, JobSummary, Ticket } from './job.ts'
import { named } from './named.ts'
import { Nullable } from './common.ts'

export const Month = Type.String({ pattern: '^[0-9]{4}(0[1-9]|1[0-2])$', description: 'A month, YYYYMM', examples: ['202601'] })

export const HistoryQuery = Type.Object({
  past: Type.Optional(Month),
  state: Type.Optional(JobState),
  command: Type.Optional(Type.String({ maxLength: 255, description: 'A command, by any of its names' })),
  server: Type.Optional(Type.String({ maxLength: 255 })),
  user: Type.Optional(Type.String({ maxLength: 255 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(Type.String({ pattern: Ticket.pattern as string, description: '`nextCursor` of the page before' }))
}, { additionalProperties: false })
export type HistoryQuery = Static<typeof HistoryQuery>

export const HistoryPage = Type.Object({
  month: Month,
  jobs: Type.Array(named(JobSummary), { description: 'Newest first' }),
  nextCursor: Nullable(Type.String({ description: 'Of the page after this one; null at the end' }))
}, { $id: 'HistoryPage', description: 'Jobs of one month' })

export const TicketQuery = Type.Object({ ticket: Ticket }, { additionalProperties: false })
