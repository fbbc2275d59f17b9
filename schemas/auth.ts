import { Type } from '@sinclair/typebox'
import { Instant } from './common.ts'

export const Token = Type.Object({
  token: Type.String({ description: 'For `Authorization: Bearer` or `?token=`' }),
  expires_at: Instant
}, {
  $id: 'Token', description: 'A token and its end', examples: [{ token: 'header.claims.signature', expires_at: '2026-01-31T10:00:00.000Z' }]
})

export const Done = Type.Object({ ok: Type.Literal(true) }, { $id: 'Done', description: 'It is done', examples: [{ ok: true }] })
