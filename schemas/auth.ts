import { Type } from '@sinclair/typebox'
import { Instant } from './common.ts'

export const Token = Type.Object({
  token: Type.String({ description: 'For `Authorization: Bearer` or `?token=`' }),
  expires_at: Instant
}, { $id: 'Token', description: 'A token and its end' })
