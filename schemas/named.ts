import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** A reference to a schema by its `$id`: documents name it once, and its serializer is made once. */
export function named<T extends TSchema> (schema: T) {
  if (schema.$id === undefined) throw new TypeError('a schema without $id cannot be named')
  return Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#` })
}
