import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { CommandReply } from '../../schemas/command.ts'
import type { Job } from '../../schemas/job.ts'
import { problemIn, type TestApp } from '../support/app.ts'
import { type Lab, openLab, serveLab } from './lab.ts'

t.setTimeout(170_000) // a real backup or two, and three dozen starts of Python

const { lab, skip } = await openLab()
if (lab) await testRoutes(lab)
else t.test('routes before a real Barman', { skip }, async () => {})

async function testRoutes (lab: Lab): Promise<void> {
  t.teardown(() => lab.stop())
  const served = await serveLab(t, lab)
  const { boss } = served
  const read = async (path: string) => (await boss.get(`/barman/${path}`)).json<CommandReply>()

  t.test('reads', async (t) => {
    t.match(await read('list-servers'), { exitCode: 0, ok: true, result: { main: { description: String } } })
    t.match(await read('check?server_name=main'), { ok: true, result: { main: { postgresql: { status: 'OK' } } } })
    t.match(await read('status?server_name=main'), { ok: true, result: { main: { pg_version: { message: /^\d+/ } } } })
    t.match(await read('list-backups?server_name=all'), { ok: true, servers: { main: { exitCode: 0 } }, result: { main: Array } })
    t.match((await boss.get('/barman/check?server_name=all&api_strict=true')).json(), { ok: true })
  })

  t.test('a backup by ticket, kept, protected and deleted', async (t) => {
    const reply = await boss.post('/barman/backup', { server_name: 'main', wait: true })
    t.match(reply, { statusCode: 202, headers: { location: /^\/history\// } })
    const job = await boss.ended(reply.json<Job>().ticket)
    t.match(job, { state: 'succeeded', ok: true, exitCode: 0, warnings: [], result: { main: { status: 'DONE' } } })
    t.ok(job.output.some((line) => line.startsWith('Starting backup')) && job.output.some((line) => /^Backup completed/.test(line)))
    const id = idOf(job)

    const listed = (await read('list-backups?server_name=main')).result as { main: Array<{ backup_id: string, status: string }> }
    t.match(listed.main.find(({ backup_id: one }) => one === id), { status: 'DONE' })
    for (const name of [id, 'latest']) t.match(await read(`show-backup?server_name=main&backup_id=${name}`), { result: { main: { backup_id: id } } })

    t.match((await boss.post('/barman/keep', { server_name: 'main', backup_id: id, target: 'standalone' })).json(), { state: 'succeeded' })
    t.match(await read(`keep?server_name=main&backup_id=${id}&status=true`), { result: { main: { keep_status: { message: 'standalone' } } } })
    t.match(problemIn(t, await boss.post('/barman/delete', { server_name: 'main', backup_id: id }), 409, 'refused-by-barman').detail, /keep/)
    t.match((await boss.post('/barman/keep', { server_name: 'main', backup_id: id, release: true })).json(), { state: 'succeeded' })

    await testRestore(t, served, lab, id)
    t.match((await boss.post('/barman/delete', { server_name: 'main', backup_id: id })).json(), { state: 'succeeded', output: [/^Deleting backup/, ...[]] })
    problemIn(t, await boss.get(`/barman/show-backup?server_name=main&backup_id=${id}`), 404, 'unknown-backup')
  })

  t.test('what is not there is a 404', async (t) => {
    problemIn(t, await boss.get('/barman/status?server_name=nosuch'), 404, 'unknown-server')
    problemIn(t, await boss.get('/barman/show-backup?server_name=main&backup_id=20200101T000000'), 404, 'unknown-backup')
    problemIn(t, await boss.post('/barman/delete', { server_name: 'main', backup_id: '20200101T000000' }), 404, 'unknown-backup')
    problemIn(t, await boss.post('/barman/delete', { server_name: 'main', backup_id: 'fail' }), 400, 'bad-request')
  })

  t.test('maintenance', async (t) => {
    t.match((await boss.post('/barman/switch-wal', { server_name: 'main', force: true })).json(), { state: 'succeeded', ok: true })
    t.match((await boss.post('/barman/cron', { api_wait: 50 })).json(), { state: 'succeeded', exitCode: 0 })
    t.match((await boss.post('/barman/archive-wal', { server_name: 'main' })).json(), { state: 'succeeded' })
  })

  t.test('configuration and diagnosis without secrets', async (t) => {
    const settings = await boss.get('/config/barman')
    t.match(settings.json(), { basis: 'barman', faults: [], sections: [{ section: 'barman', kind: 'global' }] })
    t.match(settings.json<{ sections: Array<{ section: string }> }>().sections.find(({ section }) => section === 'main'), {
      kind: 'server', settings: { conninfo: { value: /password=\*REDACTED\*/, source: /main\.conf$/ }, slot_name: { value: 'barman_main' } }
    })
    const diagnosis = await boss.get('/barman/diagnose')
    t.match(diagnosis.json(), { ok: true, result: { global: { system_info: { barman_ver: String } }, servers: { main: {} } } })
    const shown = await boss.get('/barman/show-servers?server_name=main')
    t.match(shown.json(), { ok: true, result: { main: { backup_method: 'postgres' } } })
    const manual = (await boss.get('/config/barman/help')).json<Array<{ name: string, description: string }>>()
    t.ok(manual.some(({ name }) => name === 'retention_policy'))
    for (const { body } of [settings, diagnosis, shown]) t.notOk(body.includes(lab.password))
    t.notOk(JSON.stringify(served.log).includes(lab.password), 'nor in the log')
  })
}

async function testRestore (t: Parameters<typeof problemIn>[0], { boss }: TestApp, lab: Lab, id: string): Promise<void> {
  const target = join(lab.folder, 'restored by the API')
  const reply = await boss.post('/barman/recover', { server_name: 'main', backup_id: id, destination_directory: target, target_immediate: true, api_wait: 50 })
  t.match([reply.statusCode, reply.json()], [200, { command: 'recover', state: 'succeeded', exitCode: 0 }])
  t.ok(existsSync(join(target, 'PG_VERSION')) && /^\d+\n$/.test(readFileSync(join(target, 'PG_VERSION'), 'utf8')))
}

function idOf ({ result }: Job): string {
  return (result as { main: { backup_id: string } }).main.backup_id // as just matched
}
