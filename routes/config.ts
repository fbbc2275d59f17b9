import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { BarmanSettings, OwnSettings, ParameterManual } from '../schemas/config.ts'
import { named } from '../schemas/named.ts'
import { twin } from './twins.ts'

const Nothing = Type.Object({}, { additionalProperties: false })

/** Reading of configuration, Barman's and our own. */
export default async function configRoutes (fastify: FastifyInstance): Promise<void> {
  twin(fastify, {
    verb: 'GET',
    url: '/config/barman',
    input: Nothing,
    config: { access: { path: 'config/barman', scopes: ['read'] } },
    schema: {
      operationId: 'getBarmanSettings',
      tags: ['config'],
      summary: "Barman's configuration: effective values and their files",
      description: 'Barman itself is asked; where it does not answer in 5 s, its files are read instead, and `basis` says so. Secrets are masked, servers that the caller may not see are left out.',
      response: { 200: named(BarmanSettings) }
    },
    handler: (_, { caller }) => fastify.configuration.settings(fastify.host('default'), caller)
  })

  twin(fastify, {
    verb: 'GET',
    url: '/config/barman/help',
    input: Nothing,
    config: { access: { path: 'config/barman/help', scopes: ['read'] } },
    schema: {
      operationId: 'getBarmanParameters',
      tags: ['config'],
      summary: 'Parameters of barman.conf with their descriptions',
      description: 'From the manual page of the installed Barman; without that page, the names alone.',
      response: { 200: Type.Array(named(ParameterManual)) }
    },
    handler: () => fastify.configuration.manual(fastify.host('default'))
  })

  twin(fastify, {
    verb: 'GET',
    url: '/config/barmanapi',
    input: Nothing,
    config: { access: { path: 'config/barmanapi', scopes: ['config'] } },
    schema: {
      operationId: 'getOwnSettings',
      tags: ['config'],
      summary: 'The configuration of this service',
      description: 'Every key with its value, its default and what it does. Secrets are never shown.',
      response: { 200: named(OwnSettings) }
    },
    handler: () => fastify.configuration.own()
  })
}
