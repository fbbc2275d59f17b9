import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { buildApp, until } from '../support/app.ts'

const DAY_MS = 24 * 3_600_000
const ID = '20260131T020000'
const TAKEN = `echo 'Starting backup using postgres method for server main in /var/lib/barman/main/base/${ID}'; exit 0`
const LISTED = (status: string) => `printf '{"main": {"backup_id": "${ID}", "status": "${status}"}}'; exit 0`

t.test('succeeded: barman exited 0 and lists the backup as taken, and nothing less', async (t) => {
  const { boss, barman } = await buildApp(t)
  const backup = async (): Promise<Job> => boss.ended((await boss.post('/barman/backup', { server_name: 'main' })).json<Job>().ticket)
  barman.act('backup', TAKEN)
  for (const [status, state] of [['DONE', 'succeeded'], ['WAITING_FOR_WALS', 'succeeded'], ['STARTED', 'failed'], ['FAILED', 'failed']] as const) {
    barman.act('show-backup', LISTED(status))
    t.match([status, await backup()], [status, { state, exitCode: 0, ok: state === 'succeeded' }])
  }
  barman.act('show-backup', LISTED('DONE'))
  for (const code of [1, 2, 3, 127, 255]) {
    barman.act('backup', TAKEN.replace('exit 0', `exit ${code}`))
    t.match(await backup(), { state: 'failed', exitCode: code }, 'whatever is listed')
  }
})

t.test('skipped: exit 0 of a server that Barman passed over, in each of its words', async (t) => {
  const { boss, barman } = await buildApp(t)
  for (const kind of ['inactive', 'passive', 'temporarily disabled']) {
    barman.act('switch-wal', `echo "Skipping ${kind} server 'main'"; exit 0`)
    const { reply } = (await boss.post('/barman/switch-wal', { server_name: 'main' })).json<{ reply: Job }>()
    t.match([kind, reply], [kind, { state: 'failed', reason: 'skipped', exitCode: 0, ok: false }])
  }
})

t.test('unknown: lock and process are gone and no exit record exists; it stays so', async (t) => {
  const first = await buildApp(t)
  first.barman.act('restore', 'exec sleep 600')
  const { ticket } = (await first.boss.post('/barman/restore', { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/x' })).json<Job>()
  const identity = join(folderOf(first.folder, ticket), 'identity')
  await until('it runs', () => existsSync(identity) && readFileSync(identity, 'utf8') !== '')
  process.kill(-Number.parseInt(readFileSync(identity, 'utf8')), 'SIGKILL')
  t.match(await first.boss.ended(ticket), { state: 'unknown', reason: 'no-exit-record', exitCode: null, ok: false })
  await first.close()
  writeFileSync(join(identity, '..', 'exit'), `${'0 1700000000'.padEnd(62)}\n`)
  const { boss } = await buildApp(t, { folder: first.folder })
  t.match((await boss.get(`/history/${ticket}`)).json(), { state: 'unknown', exitCode: null }, 'whatever turns up later')
})

t.test('stale: what waited for a day is canceled by a restart, never run', async (t) => {
  const first = await buildApp(t)
  first.barman.act('archive-wal', 'until [ -e "$here/go" ]; do sleep 0.02; done; exit 0')
  const body = { server_name: 'main', api_async: true, api_if_busy: 'queue' }
  await first.boss.post('/barman/archive-wal', body)
  const { ticket } = (await first.boss.post('/barman/rebuild-xlogdb', body)).json<Job>()
  await first.close()
  const file = join(folderOf(first.folder, ticket), 'job.json')
  const record = JSON.parse(readFileSync(file, 'utf8')) as object
  writeFileSync(file, JSON.stringify({ ...record, createdAt: new Date(Date.now() - DAY_MS - 60_000).toISOString() }))
  const { boss, barman } = await buildApp(t, { folder: first.folder })
  t.match(await boss.ended(ticket), { state: 'canceled', reason: 'stale', startedAt: null, exitCode: null })
  writeFileSync(join(first.folder, 'barman', 'go'), '')
  t.notOk(barman.calls().some(([command]) => command === 'rebuild-xlogdb'))
})

function folderOf (folder: string, ticket: string): string {
  const active = join(folder, 'store', 'active')
  return readdirSync(active).map((month) => join(active, month, ticket)).find((found) => existsSync(found)) ?? ''
}
