import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { backedUpServers, newestBackup } from '../../lib/barman/backups.ts'
import { Courier } from '../../lib/webhooks/courier.ts'
import { Mailbox } from '../../lib/webhooks/mailbox.ts'
import { OverdueWatch } from '../../lib/webhooks/overdue.ts'
import { webhook } from '../lib/webhooks/support.ts'
import { openLab, serveLab } from './lab.ts'

t.setTimeout(120_000)

const { lab, skip } = await openLab({ own: true })

t.test('a real backup is young, and later it is overdue; an inactive server never is', { skip: skip ?? false }, async (t) => {
  if (!lab) return
  t.teardown(() => lab.stop())
  await lab.addServer('inactive', { kind: 'inactive' })
  const { app } = await serveLab(t, lab)
  const host = app.host('default')
  t.same(await backedUpServers(host, 20_000), ['main'])
  t.equal(await newestBackup(host, 'main', 20_000), null)
  const before = Date.now()
  await lab.mustBarman(['backup', '--wait', 'main'])
  const newest = await newestBackup(host, 'main', 20_000)
  t.match(newest, { id: /^\d{8}T\d{6}$/ })
  t.ok(newest && newest.finishedAt.getTime() >= before - 1000 && newest.finishedAt.getTime() <= Date.now())

  const folder = mkdtempSync(join(tmpdir(), 'barmanapi-overdue-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const clock = { now: Date.now() }
  const couriers = [new Courier(webhook('http://203.0.113.1/', { overdueMs: 3_600_000 }), await Mailbox.open({ folder: join(folder, 'test'), max: 10, log: app.log }), { log: app.log })]
  const watch = new OverdueWatch({ hosts: app.hosts, couriers, folder, publicUrl: '', readTimeoutMs: 20_000, log: app.log, now: () => clock.now })
  const told = () => readdirSync(join(folder, 'test', 'pending')).map((name) => JSON.parse(JSON.parse(readFileSync(join(folder, 'test', 'pending', name), 'utf8')).body))
  await watch.check()
  t.same(told(), [])
  clock.now += 2 * 3_600_000
  await watch.check()
  t.match(told(), [{ type: 'backup.overdue', data: { servers: ['main'], backupId: newest?.id } }])
})
