import { type TSchema, Type } from '@sinclair/typebox'

/** A value or null, as OpenAPI 3.0 can say it too. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const Instant = Type.String({ format: 'date-time', description: 'RFC 3339, UTC', examples: ['2026-01-31T02:00:00.000Z'] })

export const ServerName = Type.String({ minLength: 1, maxLength: 255, description: 'A PostgreSQL server as Barman names it', examples: ['main'] })

export const Strings = (description: string) => Type.Array(Type.String(), { description })
