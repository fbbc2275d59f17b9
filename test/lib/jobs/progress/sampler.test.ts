import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { backupFolder, bytesBelow, lastBackupBytes } from '../../../../lib/jobs/progress/backup-folder.ts'
import { Sampler } from '../../../../lib/jobs/progress/sampler.ts'
import { FileStore } from '../../../../lib/jobs/file-store.ts'
import type { JobRecord } from '../../../../lib/jobs/record.ts'
import { folder, job } from '../support.ts'

/** A server's folder as Barman keeps it, with a backup under way. */
function server (t: Test, infos: Readonly<Record<string, string>>): string {
  const home = t.testdir({ main: { base: {}, meta: {} } })
  for (const [name, info] of Object.entries(infos)) {
    mkdirSync(join(home, 'main', name, '..'), { recursive: true })
    writeFileSync(join(home, 'main', name), info)
  }
  const backup = join(home, 'main', 'base', '20260131T020000')
  mkdirSync(join(backup, 'data', 'base', '1'), { recursive: true })
  for (let n = 0; n < 300; n++) writeFileSync(join(backup, 'data', 'base', '1', String(n)), 'x'.repeat(10))
  writeFileSync(join(backup, 'backup.info'), 'status=STARTED\nsize=None\n')
  return backup
}

async function running (t: Test, stdout: string, changes: Partial<JobRecord> = {}) {
  const store = new FileStore(folder(t))
  const record = job('', { state: 'running', startedAt: new Date(Date.now() - 10_000).toISOString(), ...changes })
  await store.create(record)
  writeFileSync(join(store.folder(record.ticket), 'stdout'), stdout)
  return { store, record, say: (line: string) => appendFileSync(join(store.folder(record.ticket), 'stderr'), line) }
}

const DONE = 'size=12000\nstatus=DONE\nparent_backup_id=None\n'

t.test('the newest backup that is done and whole is the measure, wherever this Barman describes it', async (t) => {
  t.equal(await lastBackupBytes(server(t, { 'base/20260130T020000/backup.info': 'size=12000\nstatus=DONE\n' })), 12_000)
  t.equal(await lastBackupBytes(server(t, { 'base/20260129T020000/backup.info': 'size=5\nstatus=DONE\n', 'meta/20260130T020000-backup.info': DONE })), 12_000)
  t.equal(await lastBackupBytes(server(t, {
    'meta/20260128T020000-backup.info': DONE,
    'meta/20260129T020000-backup.info': 'size=7\nstatus=DONE\nparent_backup_id=20260128T020000\n',
    'meta/20260130T020000-backup.info': 'size=9\nstatus=FAILED\n'
  })), 12_000, 'neither failed nor a part')
  t.equal(await lastBackupBytes(server(t, { 'base/20260130T020000/backup.info': 'size=12000\nstatus=WAITING_FOR_WALS\n' })), 12_000, 'copied, though a WAL file is on its way')
  t.equal(await lastBackupBytes(server(t, {})), null)
  t.equal(await lastBackupBytes('/nowhere/main/base/20260131T020000'), null)
})

t.test('a folder is counted in full or not at all', async (t) => {
  const backup = server(t, {})
  t.equal(await bytesBelow(join(backup, 'data'), 10_000), 3_000)
  t.equal(await bytesBelow(join(backup, 'data'), -1), null)
  t.equal(await bytesBelow(join(backup, 'gone'), 10_000), 0)
})

t.test('the folder is the one that Barman names', async (t) => {
  t.equal(backupFolder('Starting backup using rsync-concurrent method for server a in b in /srv/my pg/main/base/20260131T020000\nmore\n'), '/srv/my pg/main/base/20260131T020000')
  t.equal(backupFolder('Starting backup using postgres method for server main in /srv/main/base/2026'), null)
})

t.test('a backup on this machine is measured by bytes', async (t) => {
  const backup = server(t, { 'base/20260130T020000/backup.info': DONE })
  const { store, record } = await running(t, `Starting backup using postgres method for server main in ${backup}\n`)
  const progress = await new Sampler(store, () => true).progressOf(record)
  t.match(progress, { percent: 25, basis: 'bytes-of-last-backup', estimated: true })
  t.ok(Number(progress?.etaSeconds) >= 25 && Number(progress?.etaSeconds) <= 35, `${progress?.etaSeconds} s to go`)
  t.equal(await new Sampler(store, () => false).progressOf(record), null, 'elsewhere nobody can count')
  t.equal(await new Sampler(store, () => true).progressOf({ ...record, parameters: { incremental: 'latest' } }), null, 'nor what is no whole backup')
  t.equal(await new Sampler(store, () => true).progressOf({ ...record, names: ['restore'] }), null)
  t.equal(await new Sampler(store, () => true).progressOf({ ...record, state: 'succeeded' }), null)
})

t.test("Barman's own steps are stronger, and read on where they were left", async (t) => {
  const { store, record, say } = await running(t, '', { names: ['restore', 'recover'] })
  say('WARNING: Zürich\n2026 [1] barman.copy_controller INFO: Copy step 1 of 4: [global] analyze\n2026 [1] INFO: Copy step 2 of')
  t.match(await new Sampler(store, () => false).progressOf(record), { percent: 0, basis: 'copy-steps', estimated: false })
  say(' 4: [global] create\n')
  t.match(await new Sampler(store, () => false).progressOf(record), { percent: 25 })
})

t.test('whoever asks again within seconds is told the same, with nothing read', async (t) => {
  const { store, record } = await running(t, '')
  let reads = 0
  const sampler = new Sampler({ slice: (...words) => { reads++; return store.slice(...words) } }, () => true)
  await Promise.all(Array.from({ length: 100 }, () => sampler.progressOf(record)))
  const once = reads
  await sampler.progressOf(record)
  t.equal(reads, once)
  t.ok(once <= 2)
})
