import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { buildApp, until } from '../support/app.ts'

const { boss, barman, folder } = await buildApp(t)
const ID = '20260131T020000'
const STARTED = `echo 'Starting backup using postgres method for server main in /var/lib/barman/main/base/${ID}'`
const start = async (command: string, body: object = {}): Promise<Job> => (await boss.post(`/barman/${command}`, { api_async: true, ...body })).json()
const run = async (command: string, body?: object): Promise<Job> => boss.ended((await start(command, body)).ticket)
const running = (ticket: string) => until('it runs', async () => existsSync(join(jobFolder(ticket), 'identity')) && (await boss.get(`/history/${ticket}`)).json<Job>().state === 'running')

t.test('a backup has succeeded only if Barman then lists it as taken', async (t) => {
  const cases: ReadonlyArray<readonly [status: string, expected: object]> = [
    ['DONE', { state: 'succeeded', ok: true, reason: null, warnings: [], result: { main: { status: 'DONE', backup_id: ID } } }],
    ['WAITING_FOR_WALS', { state: 'succeeded', ok: true, warnings: [/waits for WAL/], result: { main: { status: 'WAITING_FOR_WALS' } } }],
    ['FAILED', { state: 'failed', ok: false, reason: 'not-done' }],
    ['STARTED', { state: 'failed', ok: false, reason: 'not-done' }]
  ]
  barman.act('backup', `${STARTED}; echo 'Backup completed'; exit 0`)
  for (const [status, expected] of cases) {
    barman.act('show-backup', `printf '{"main": {"backup_id": "${ID}", "status": "${status}"}}'; exit 0`)
    t.match([status, await run('backup', { server_name: 'main' })], [status, { exitCode: 0, ...expected }])
  }
  t.ok(barman.calls().filter(([command]) => command === 'show-backup').every((words) => words.join(' ') === `show-backup -- main ${ID}`))
  t.ok(barman.argvs().filter((words) => words.includes('backup')).every((words) => !words.includes('--format=json')), 'in console format, which shows progress')
})

t.test('where Barman cannot be asked the truth is not known', async (t) => {
  barman.act('show-backup', 'echo "ERROR: no" >&2; exit 1')
  t.match(await run('backup', { server_name: 'main' }), { state: 'unknown', ok: false, exitCode: 0, reason: 'unverified' })
})

t.test('exit 0 without a backup is none', async (t) => {
  barman.act('backup', 'exit 0')
  t.match(await run('backup', { server_name: 'main' }), { state: 'failed', reason: 'skipped', exitCode: 0 })
})

t.test('a server that Barman skips is no success', async (t) => {
  for (const command of ['backup', 'switch-wal', 'archive-wal']) {
    for (const script of ['echo "Skipping inactive server \'main\'"; exit 0', 'printf \'{"_INFO": ["Skipping passive server %s"]}\' "\'main\'"; exit 0']) {
      barman.act(command, script)
      if (command === 'backup' && script.includes('_INFO')) continue // it runs in console format
      t.match(await run(command, { server_name: 'main' }), { state: 'failed', reason: 'skipped', exitCode: 0, ok: false })
    }
  }
})

t.test('a backup that fails says why', async (t) => {
  barman.act('backup', 'echo "Starting backup"; echo "ERROR: Impossible to start the backup. Check the log" >&2; exit 1')
  t.match(await run('backup', { server_name: 'main' }), { state: 'failed', reason: 'barman-failed', exitCode: 1, errors: ['Impossible to start the backup. Check the log'], output: ['Starting backup', /Impossible/] })
})

t.test('a process that a signal ended has failed, with its exit code', async (t) => {
  for (const [signal, exitCode] of [['KILL', 137], ['SEGV', 139], ['TERM', 143]] as const) {
    barman.act('restore', `kill -${signal} $$`)
    t.match(await run('restore', { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/x' }), { state: 'failed', ok: false, exitCode })
  }
})

t.test('a canceled job gets SIGINT and is canceled; its process group is gone', async (t) => {
  barman.act('restore', 'echo "$$" >"$here/pid"; trap \'echo "interrupted"; exit 1\' INT; while :; do sleep 0.05; done')
  const { ticket } = await start('restore', { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/x' })
  await until('barman runs', () => existsSync(join(folder, 'barman', 'pid')))
  await running(ticket)
  t.match((await boss.post(`/history/${ticket}/cancel`)), { statusCode: 202, headers: { 'cache-control': 'no-store' } })
  t.match(await boss.ended(ticket), { state: 'canceled', ok: false, exitCode: 1, output: ['interrupted'] })
  await until('barman is gone', () => !existsSync(`/proc/${readFileSync(join(folder, 'barman', 'pid'), 'utf8').trim()}`))
})

t.test('a job canceled twice is canceled once, and one that ends well all the same has succeeded', async (t) => {
  barman.act('restore', 'echo ready; trap "exit 0" INT; while :; do sleep 0.05; done')
  const { ticket } = await start('restore', { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/x' })
  await until('it listens', async () => (await boss.get(`/history/${ticket}`)).json<Job>().output.includes('ready'))
  const replies = await Promise.all([boss.post(`/history/${ticket}/cancel`), boss.post(`/history/${ticket}/cancel`)])
  t.ok(replies.every(({ statusCode }) => statusCode === 202 || statusCode === 409))
  const job = await boss.ended(ticket)
  t.ok(['succeeded', 'canceled'].includes(job.state), job.state)
  t.equal(job.ok, job.state === 'succeeded')
})

t.test('a queued job that is canceled never runs', async (t) => {
  barman.act('archive-wal', 'until [ -e "$here/go" ]; do sleep 0.02; done; exit 0')
  const first = await start('archive-wal', { server_name: 'pg-1' })
  const { ticket } = await start('rebuild-xlogdb', { server_name: 'pg-1', api_if_busy: 'queue' })
  t.equal((await boss.post(`/history/${ticket}/cancel`)).statusCode, 202)
  t.match(await boss.ended(ticket), { state: 'canceled', startedAt: null, exitCode: null })
  await boss.post(`/history/${first.ticket}/cancel`)
  t.match(await boss.ended(first.ticket), { state: 'canceled' })
  t.notOk(barman.calls().some(([command]) => command === 'rebuild-xlogdb'))
})

t.test('a job whose time is up is ended as timed_out', async (t) => {
  barman.act('restore', 'exec sleep 600')
  const job = await run('restore', { server_name: 'main', backup_id: 'latest', destination_directory: '/srv/x', api_timeout: 1 })
  t.match(job, { state: 'timed_out', ok: false })
  t.ok(Number(job.durationMs) >= 1_000 && Number(job.durationMs) < 10_000, `${job.durationMs} ms`)
})

t.test('a batch of which one was canceled is canceled', async (t) => {
  barman.act('rebuild-xlogdb', 'for server; do :; done; [ "$server" = main ] && exit 0; exec sleep 600')
  const head = await start('rebuild-xlogdb', { server_name: ['main', 'pg-2'] })
  await running(head.jobs?.[1] ?? '')
  t.equal((await boss.post(`/history/${head.ticket}/cancel`)).statusCode, 202)
  t.match(await boss.ended(head.ticket), { kind: 'batch', state: 'canceled', ok: false })
})

t.test('a program that is gone fails the job, never the service', async (t) => {
  barman.act('switch-wal', 'exec /nonexistent/program')
  t.match(await run('switch-wal', { server_name: 'main' }), { state: 'failed', exitCode: 127 })
})

function jobFolder (ticket: string): string {
  const active = join(folder, 'store', 'active')
  return readdirSync(active).map((month) => join(active, month, ticket)).find((found) => existsSync(found)) ?? active
}
