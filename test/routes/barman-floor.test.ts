import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'

const { boss, barman, folder } = await buildApp(t, { config: '[jobs]\nmin_free_bytes = 999999999999999' })

t.test('on a full disk no job begins, and all that only looks goes on', async (t) => {
  for (const reply of [
    await boss.post('/barman/backup', { server_name: 'main' }),
    await boss.post('/barman/backup', { server_name: 'all' }),
    await boss.post('/barman/switch-wal', { server_name: 'main' }, { 'idempotency-key': 'k' }),
    await boss.send({ method: 'POST', url: '/barman/put-wal?server_name=main', headers: { 'content-type': 'application/x-tar' }, payload: 'x' })
  ]) problemIn(t, reply, 507, 'insufficient-storage')
  t.same(readdirSync(join(folder, 'store', 'active')), [])
  t.same(barman.calls().filter(([command]) => !/^list-server/.test(command ?? '')), [])
  for (const url of ['/barman/list-backups?server_name=main', '/history/list', '/barman/help']) t.equal((await boss.get(url)).statusCode, 200, url)
})
