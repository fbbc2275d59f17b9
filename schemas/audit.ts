import { type Static, Type } from '@sinclair/typebox'
import { Instant, Nullable } from './common.ts'

const Id = Type.String({ pattern: '^[0-9a-f-]{36}$', description: 'Of this line', examples: ['019c0d2e-7a10-7000-8000-0123456789ab'] })

export const AuditEntry = Type.Object({
  id: Id,
  time: Instant,
  event: Type.String({ description: '`login`, `logout`, `refusal`, `user.add`, `user.change`, `config.change`, `job.created`, `job.ended` and the like', examples: ['login'] }),
  outcome: Type.Union([Type.Literal('ok'), Type.Literal('failed'), Type.Literal('refused')], { description: '`refused`: it was not even tried' }),
  user: Nullable(Type.String({ description: 'Who; of a failed login the name that was given' })),
  address: Nullable(Type.String({ description: 'From where; null for what no request did' })),
  requestId: Nullable(Type.String({ description: 'The same in the log' })),
  details: Type.Record(Type.String(), Type.Unknown(), { description: 'What, as far as it is no secret' })
}, {
  $id: 'AuditEntry',
  description: 'One line of the audit log',
  examples: [{ id: '019c0d2e-7a10-7000-8000-0123456789ab', time: '2026-01-31T02:00:00.000Z', event: 'login', outcome: 'ok', user: 'ci', address: '192.0.2.1', requestId: 'f7c6a1f0-0000-4000-8000-000000000000', details: {} }]
})
export type AuditEntry = Static<typeof AuditEntry>

export const AuditQuery = Type.Object({
  since: Type.Optional(Type.String({ format: 'date-time', description: 'Not older than this', examples: ['2026-01-31T00:00:00Z'] })),
  until: Type.Optional(Type.String({ format: 'date-time', description: 'Older than this' })),
  user: Type.Optional(Type.String({ maxLength: 64, description: 'Who' })),
  event: Type.Optional(Type.String({ pattern: '^[a-z]{1,32}(\\.[a-z]{1,32})?$', description: 'An event, or the word before its dot: `user` stands for `user.add` and its like' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'Lines of a page' })),
  cursor: Type.Optional(Type.String({ pattern: '^[0-9a-f-]{36}$', description: '`nextCursor` of the page before' }))
}, { additionalProperties: false })
export type AuditQuery = Static<typeof AuditQuery>

export const AuditPage = Type.Object({
  entries: Type.Array(Type.Unsafe<AuditEntry>({ $ref: 'AuditEntry#' }), { description: 'Newest first' }),
  nextCursor: Nullable(Type.String({ description: 'Of the page after this one; null at the end' }))
}, { $id: 'AuditPage', description: 'Lines of the audit log' })
export type AuditPage = Static<typeof AuditPage>
