import type { Test } from 'tap'
import type { CommandReply } from '../../schemas/command.ts'
import type { Job } from '../../schemas/job.ts'
import type { Lab } from '../real/lab.ts'
import { buildApp, type Caller, type TestApp } from '../support/app.ts'

/** What `show-backup` tells of a backup, as far as these tests look. */
export interface Backup {
  readonly backup_id: string
  readonly status: string
  readonly base_backup_information: { readonly begin_wal: string, readonly end_time: string, readonly end_time_timestamp: string }
}

/** The service before the real Barman of a lab, and that Barman itself to compare with. */
export interface Truth {
  readonly served: TestApp
  readonly boss: Caller
  /** Runs Barman as it is. */
  raw (...words: string[]): ReturnType<Lab['barman']>
  reply (path: string): Promise<CommandReply>
  /** Runs a command as a job to its end. */
  run (command: string, body: object): Promise<Job>
}

/** A stray variable must not lead Barman to another configuration. */
const STRAY = { BARMAN_CONFIG_FILE: '/nonexistent/barman.conf' }

export async function truthOf (t: Test, lab: Lab): Promise<Truth> {
  const served = await buildApp(t, { barman: { command: lab.command, configFile: lab.config }, env: { ...lab.env, ...STRAY } })
  const { boss } = served
  return {
    served,
    boss,
    raw: (...words) => lab.barman(words),
    reply: async (path) => (await boss.get(`/barman/${path}`)).json(),
    run: async (command, body) => boss.ended((await boss.post(`/barman/${command}`, { ...body, api_async: true })).json<Job>().ticket)
  }
}

/** The backup that a job took. */
export function backupIn ({ result, servers: [server = ''] }: Job): Backup {
  return (result as Record<string, Backup>)[server] ?? { backup_id: '', status: 'none', base_backup_information: { begin_wal: '', end_time: '', end_time_timestamp: '' } } // the document of show-backup
}

/** Asserts that `check` is told with Barman's own names, whatever they are in this version, and judged by them. */
export async function testCheckNames (t: Test, { raw, reply }: Truth): Promise<void> {
  const told = JSON.parse((await raw('-f', 'json', 'check', 'main')).stdout) as { main: Record<string, { status: string }> }
  const { ok, result } = await reply('check?server_name=main')
  t.strictSame(Object.keys((result as typeof told).main).sort(), Object.keys(told.main).sort())
  t.equal(ok, Object.values(told.main).every(({ status }) => status === 'OK'))
}

/** Asserts that nothing which an inactive or passive server skips is called done. */
export async function testSkipped (t: Test, { run, reply }: Truth): Promise<void> {
  for (const [command, server] of [['backup', 'idle'], ['switch-wal', 'idle'], ['archive-wal', 'idle'], ['backup', 'passive']] as const) {
    t.match([command, await run(command, { server_name: server })], [command, { state: 'failed', ok: false, reason: 'skipped', exitCode: 0 }])
  }
  t.match(await run('switch-wal', { server_name: 'passive' }), { state: 'failed', exitCode: 1 })
  t.match((await run('delete', { server_name: 'idle', backup_id: 'latest' })).state, 'failed', 'there was nothing to delete')
  const status = await reply('status?server_name=idle')
  t.ok(status.result !== null || status.output.includes("Skipping inactive server 'idle'"), 'told, or said to be left out')
}
