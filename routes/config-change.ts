import type { TObject } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { Type } from '@sinclair/typebox'
import { ConfigChange, ConfigVersion, isSet, NewSection, OldSection, OwnChange, SettingsChange, VersionChoice } from '../schemas/config-change.ts'
import { named } from '../schemas/named.ts'
import { Problem } from '../schemas/problem.ts'
import { twin } from './twins.ts'

const Nothing = Type.Object({}, { additionalProperties: false })
const scopes = ['config'] as const

/** Changes of configuration, Barman's and our own. */
export default async function configChangeRoutes (fastify: FastifyInstance): Promise<void> {
  const editor = () => fastify.configEditor(fastify.host('default'))

  twin(fastify, {
    verb: 'POST',
    url: '/config/barman/change',
    input: SettingsChange,
    config: { access: { path: 'config/barman/change', scopes }, audit: 'config.change' },
    schema: {
      operationId: 'changeBarmanSettings',
      tags: ['config'],
      summary: 'Set and remove keys of barman.conf',
      description: 'Names are SECTION.KEY, as `main.description`; null or `unset` removes. Each key is changed in the file where it counts, else where its section begins, and every other byte stays. Barman reads a copy first: what it does not take changes nothing. The earlier files are kept. What decides how long backups are kept needs `destroy`; what runs, connects or lies somewhere, and unknown keys, need `exec`. `If-Match` with the `version` of `/config/barman` refuses to change what was changed meanwhile.',
      response: { 200: named(ConfigChange) }
    },
    handler: ({ unset, dry_run: dryRun, ...changes }, request) => editor().change(request.caller, changes, listOf(unset), { dryRun: isSet(dryRun), ...ifMatchOf(request) })
  })

  fastify.post<{ Body: typeof NewSection.static }>('/config/barman/create', post('config/barman/create', 'config.create', NewSection, {
    operationId: 'createBarmanSection',
    summary: 'Make a server or a model',
    description: 'In a file of its own where Barman includes a folder, else at the end of the main file; from a template of that folder where one is named, such as those that Barman brings. Keys need their scopes as in a change: a server without `conninfo`, which needs `exec`, is one that Barman refuses.'
  }), (request, reply) => {
    const { dry_run: dryRun, ...wanted } = request.body
    reply.header('cache-control', 'no-store')
    return editor().create(request.caller, wanted, { dryRun: isSet(dryRun), ...ifMatchOf(request) })
  })

  fastify.post<{ Body: typeof OldSection.static }>('/config/barman/delete', post('config/barman/delete', 'config.delete', OldSection, {
    operationId: 'deleteBarmanSection',
    summary: 'Remove a server or a model from the configuration',
    description: 'Its backups stay on disk, but Barman does not know them any more. Needs `destroy` too. A file of which nothing but comments is left goes.'
  }, ['config', 'destroy']), (request, reply) => {
    reply.header('cache-control', 'no-store')
    return editor().delete(request.caller, request.body.section, { dryRun: isSet(request.body.dry_run), ...ifMatchOf(request) })
  })

  fastify.get('/config/barman/versions', {
    config: { access: { path: 'config/barman/versions', scopes } },
    schema: {
      operationId: 'listBarmanVersions',
      tags: ['config'],
      summary: 'Changes of barman.conf that can be taken back',
      description: 'The last 200, newest first, each with what it changed. For users who see every server.',
      querystring: Nothing,
      response: { 200: Type.Array(named(ConfigVersion)), '4xx': named(Problem), '5xx': named(Problem) }
    }
  }, ({ caller }) => editor().versions(caller))

  fastify.post<{ Body: typeof VersionChoice.static }>('/config/barman/restore', post('config/barman/restore', 'config.restore', VersionChoice, {
    operationId: 'restoreBarmanVersion',
    summary: 'Bring files back as they were before a change',
    description: 'Itself a change: Barman reads it first, every key that it changes needs its scope, and it can be taken back too. For users who see every server.'
  }), (request, reply) => {
    reply.header('cache-control', 'no-store')
    return editor().restore(request.caller, request.body.id, { dryRun: isSet(request.body.dry_run), ...ifMatchOf(request) })
  })

  twin(fastify, {
    verb: 'POST',
    url: '/config/barmanapi/change',
    input: SettingsChange,
    config: { access: { path: 'config/barmanapi/change', scopes }, audit: 'config.settings' },
    schema: {
      operationId: 'changeOwnSettings',
      tags: ['config'],
      summary: 'Change the configuration of this service',
      description: '`jobs.slots`, `jobs.queue`, `application.reply_wait`, `barman.read_timeout`, `log.backup_count`, `log.max_bytes` and a shorter `auth_token.token_life` count at once. `application.host`, `application.port`, `application.store_directory` and `barman.config_file` need `exec`, and count after a restart. Everything else is changed in the local file only, and the reply says why.',
      response: { 200: named(OwnChange) }
    },
    handler: ({ unset, dry_run: dryRun, ...changes }, { caller }) => fastify.ownEditor.change(caller, changes, listOf(unset), isSet(dryRun))
  })
}

/** A changing route that barmanapi 0.3 did not have, and so has no other verb. */
function post (path: string, audit: string, body: TObject, schema: { operationId: string, summary: string, description: string }, scopes: Array<'config' | 'destroy'> = ['config']): RouteShorthandOptions {
  return {
    config: { access: { path, scopes }, audit },
    schema: { ...schema, tags: ['config'], querystring: Nothing, body, response: { 200: named(ConfigChange), '4xx': named(Problem), '5xx': named(Problem) } }
  }
}

function listOf (unset: string | string[] | undefined): string[] {
  return unset === undefined ? [] : [unset].flat()
}

/** `If-Match: "VERSION"`; `*` asks for nothing. */
function ifMatchOf ({ headers }: FastifyRequest): { ifMatch?: string } {
  const tag = headers['if-match']?.trim().replace(/^"(.*)"$/, '$1')
  return tag === undefined || tag === '*' ? {} : { ifMatch: tag }
}
