import type { Scope } from '../../schemas/user.ts'

/** What a user may do. Empty `access` is everything; `servers` null is every server, empty is none. */
export interface Rights {
  readonly access: readonly string[]
  readonly deny: readonly string[]
  readonly scopes: readonly Scope[]
  readonly servers: readonly string[] | null
}

/** A user as the rest of the service sees him: never with his password's hash. */
export interface User extends Rights {
  readonly name: string
  /** Goes up when his tokens must end; a token carries the number it was made under. */
  readonly ver: number
}
