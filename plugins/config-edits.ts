import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { ConfigEditor } from '../lib/barman/config-edit/editor.ts'
import type { Host } from '../lib/barman/host.ts'
import { OwnEditor } from '../lib/config/change.ts'
import { KeptFiles } from '../lib/edits/kept-files.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Edits Barman's configuration on that host. */
    configEditor (host: Host): ConfigEditor
    readonly ownEditor: OwnEditor
  }
}

/** What edits configuration files; an edit that a crash broke off is mended before the service listens. */
export default fp<{ env: Readonly<Record<string, string | undefined>> }>(async (fastify: FastifyInstance, { env }) => {
  const { folders: { config: folder, garbage }, log, settings: config } = fastify
  const keptAs = (name: string) => new KeptFiles({ folder: join(folder, 'versions', name), log })
  const own = keptAs('barmanapi')
  await own.recover()
  const editors = new Map<Host, ConfigEditor>()
  for (const host of fastify.hosts.values()) {
    const kept = keptAs(`barman-${host.name}`)
    await kept.recover()
    editors.set(host, new ConfigEditor(host, kept, log))
  }
  fastify.decorate('configEditor', (host) => {
    const editor = editors.get(host)
    if (!editor) throw new Error(`no editor for the host ${host.name}`)
    return editor
  })
  fastify.decorate('ownEditor', new OwnEditor({ config, env, kept: own, garbage, log }))
}, { name: 'config-edits', dependencies: ['hosts', 'services'] })
