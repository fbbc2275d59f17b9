import { type Static, Type } from '@sinclair/typebox'

/** What a user may do, weakest first; `exec` is given only in the local file. */
export const SCOPES = ['read', 'operate', 'restore', 'destroy', 'config', 'users', 'exec'] as const

/** One of `SCOPES`. */
export type Scope = typeof SCOPES[number]

/** An `enum` for clients, and the same as a pattern for TypeBox's own checks, which know no `enum`. */
export const Scope = Type.Unsafe<Scope>(Type.String({
  enum: [...SCOPES], pattern: `^(?:${SCOPES.join('|')})$`, description: 'A kind of work; `exec` stands for the barman account itself'
}))

export const UserName = Type.String({
  minLength: 1, maxLength: 64, pattern: '^(?!__proto__$)[A-Za-z0-9_@][A-Za-z0-9._@-]*$', description: 'Login name', examples: ['memin']
})

export const Password = Type.String({
  minLength: 1, maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$', description: 'At least 8 characters, no control characters', examples: ['correct horse battery staple']
})

export const AccessEntry = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^/*[A-Za-z0-9_@:{~-][A-Za-z0-9_@:{}~.-]*(?:/+[A-Za-z0-9_@:{~-][A-Za-z0-9_@:{}~.-]*)*/*$',
  description: 'A path or the beginning of one in whole segments; `hosts/NAME/` in front limits it to one host',
  examples: ['barman', 'auth/user/list', 'hosts/db1/barman']
})

export const ServerGlob = Type.String({
  minLength: 1, maxLength: 255, pattern: '^[^/\\u0000-\\u001f\\u007f-\\u009f]*$', description: 'A server, where `*` stands for any text and `?` for one character', examples: ['pg-*']
})

const Access = Type.Array(AccessEntry, { maxItems: 256, description: 'What may be called; empty: everything' })
const Deny = Type.Array(AccessEntry, { maxItems: 256, description: 'What may not be called; stronger than `access`' })
const Scopes = Type.Array(Scope, { maxItems: SCOPES.length, uniqueItems: true, description: 'Kinds of work' })
const Servers = Type.Union([Type.Array(ServerGlob, { maxItems: 256 }), Type.Null()], { description: 'The servers this user sees; null: every server, empty: none' })

/** A user and his rights; never his password, in whatever form. */
export const User = Type.Object({ username: UserName, access: Access, deny: Deny, scopes: Scopes, servers: Servers },
  {
    $id: 'User',
    additionalProperties: false,
    description: 'A user and his rights',
    examples: [{ username: 'ci', access: [], deny: ['auth'], scopes: ['read', 'operate'], servers: ['pg-*'] }]
  })
export type User = Static<typeof User>

const PythonList = Type.String({ maxLength: 65_536, description: "Or as Python prints a list: `['barman','auth/user/list']`" })
const Rights = {
  access: Type.Optional(Type.Union([Access, PythonList], { description: 'What may be called; empty: everything' })),
  deny: Type.Optional(Type.Union([Deny, PythonList], { description: 'What may not be called; stronger than `access`' })),
  scopes: Type.Optional(Type.Union([Scopes, PythonList], { description: 'Kinds of work' })),
  servers: Type.Optional(Type.Union([Servers, PythonList], { description: 'The servers this user sees; null: every server, empty: none' }))
}

/** A user to be made; without `scopes` he has all but `exec`. */
export const NewAccount = Type.Object({ username: UserName, password: Password, ...Rights }, {
  additionalProperties: false, examples: [{ username: 'ci', password: 'correct horse battery staple', scopes: ['read', 'operate'] }]
})

/** What is to change; all else stays. */
export const AccountChange = Type.Object({
  username: UserName,
  password: Type.Optional(Password),
  current_password: Type.Optional(Type.String({ maxLength: 1024, description: 'Needed for the own password by whoever holds `exec`' })),
  ...Rights
}, { additionalProperties: false, examples: [{ username: 'ci', scopes: ['read'] }] })

export const NamedUser = Type.Object({ username: UserName }, { additionalProperties: false })
export type NamedUser = Static<typeof NamedUser>
