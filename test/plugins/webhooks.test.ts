import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { files, receive, SECRET } from '../lib/webhooks/support.ts'
import { buildApp, until } from '../support/app.ts'

t.test('a job that a user starts is told, with the backup that it took and a link that works', async (t) => {
  const { url, received } = await receive(t)
  const config = `[webhook ops]\nurl = ${url}\nsecret = "${SECRET.toString('base64')}"\nevents = job.succeeded\nservers = ma*\nallow_local = true\n[application]\npublic_url = https://backup.example.com/api/\n`
  const { boss, barman, folder, log } = await buildApp(t, { config })
  barman.act('backup', 'echo "Starting backup using postgres method for server $2 in /var/lib/barman/$2/base/20260131T020000"; exit 0')
  barman.act('show-backup', 'echo \'{"main": {"backup_id": "20260131T020000", "status": "DONE"}, "pg-1": {"backup_id": "20260131T020000", "status": "DONE"}}\'; exit 0')
  await boss.ended((await boss.post('/barman/backup', { server_name: ['pg-1'] })).json<Job>().ticket)
  const { ticket } = await boss.ended((await boss.post('/barman/backup', { server_name: ['main'] })).json<Job>().ticket)
  await until('it is told', () => received.length > 0 && files(folder, 'store', 'webhooks', 'ops', 'pending').length === 0)
  t.match(received.map(({ body }) => JSON.parse(body)), { length: 1, 0: { type: 'job.succeeded', data: { ticket, command: 'backup', servers: ['main'], backupId: '20260131T020000', user: 'boss', url: `https://backup.example.com/api/history/${ticket}` } } })
  t.notMatch(JSON.stringify(log), /in-the-query/)
  t.notMatch(JSON.stringify(log), new RegExp(SECRET.toString('base64').slice(0, 20)))
  t.notMatch((await boss.get('/config/barmanapi')).body, /in-the-query|hook?key|\[webhook/)
})

t.test('without a webhook there is no trace of them', async (t) => {
  const { boss, folder } = await buildApp(t)
  await boss.ended((await boss.post('/barman/switch-wal', { server_name: 'main', api_async: true })).json<Job>().ticket)
  t.notOk(existsSync(join(folder, 'store', 'webhooks')))
})
