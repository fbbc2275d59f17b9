import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { named } from '../schemas/named.ts'
import { Done } from '../schemas/auth.ts'
import { Problem } from '../schemas/problem.ts'
import { AccountChange, NamedUser, NewAccount, User } from '../schemas/user.ts'
import { twin } from './twins.ts'

const Nothing = Type.Object({}, { additionalProperties: false })

/** Users, by name and password or by token. */
export default async function userRoutes (fastify: FastifyInstance): Promise<void> {
  twin(fastify, {
    verb: 'GET',
    url: '/auth/user',
    input: Nothing,
    config: { access: { path: 'auth/user', scopes: [] }, login: 'either' },
    schema: {
      operationId: 'getCurrentUser',
      tags: ['auth'],
      summary: 'Who calls, and what he may do',
      description: 'Good for trying a token, or a name and a password.',
      response: { 200: named(User) }
    },
    handler: (_, { caller }) => fastify.accounts.show(caller)
  })

  twin(fastify, {
    verb: 'GET',
    url: '/auth/user/list',
    input: Nothing,
    config: { access: { path: 'auth/user/list', scopes: ['users'] }, login: 'either' },
    schema: {
      operationId: 'listUsers',
      tags: ['auth'],
      summary: 'All users',
      description: 'With their rights; never with their passwords, in whatever form.',
      response: { 200: Type.Array(named(User)) }
    },
    handler: () => fastify.accounts.list()
  })

  twin(fastify, {
    verb: 'POST',
    url: '/auth/user/add',
    input: NewAccount,
    config: { access: { path: 'auth/user/add', scopes: ['users'] }, login: 'either', audit: 'user.add' },
    schema: { operationId: 'addUser', tags: ['auth'], summary: 'Make a user', description: 'Nobody grants a right that he lacks; the scope `exec` is given in the local file only.', response: { 200: named(User) } },
    handler: (input, { caller }) => fastify.accounts.add(caller, input)
  })

  twin(fastify, {
    verb: 'POST',
    url: '/auth/user/change',
    input: AccountChange,
    config: { access: { path: 'auth/user/change', scopes: [] }, login: 'either', audit: 'user.change' },
    schema: { operationId: 'changeUser', tags: ['auth'], summary: 'Change a user', description: 'What is left out stays. A new password ends all tokens of the user. Others are changed with the scope `users`.', response: { 200: named(User) } },
    handler: (input, { caller, ip }) => fastify.accounts.change(caller, input, ip)
  })

  const replies = { response: { 200: named(Done), '4xx': named(Problem), '5xx': named(Problem) } }
  fastify.post<{ Params: NamedUser }>('/auth/user/:username/revoke', {
    config: { access: { path: 'auth/user/revoke', scopes: [] }, login: 'either', audit: 'user.revoke' },
    schema: { operationId: 'revokeUser', tags: ['auth'], summary: 'End all tokens of a user', description: 'The password stays. Your own need no scope; those of others need `users`, and every right that they hold.', params: NamedUser, body: Nothing, ...replies }
  }, async ({ caller, params }, reply) => {
    await fastify.accounts.revoke(caller, params.username)
    reply.header('cache-control', 'no-store')
    return { ok: true }
  })

  fastify.delete<{ Params: NamedUser }>('/auth/user/:username', {
    config: { access: { path: 'auth/user/delete', scopes: ['users'] }, login: 'either', audit: 'user.delete' },
    schema: { operationId: 'deleteUser', tags: ['auth'], summary: 'Remove a user', description: 'His tokens end at once, jobs run on. Nobody removes a user who holds a right that he lacks; who holds `exec` is removed in the local file only.', params: NamedUser, ...replies }
  }, async ({ caller, params }, reply) => {
    await fastify.accounts.remove(caller, params.username)
    reply.header('cache-control', 'no-store')
    return { ok: true }
  })
}
