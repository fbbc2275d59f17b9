import t from 'tap'
import { buildApp } from '../support/app.ts'

t.test('a read answers with what barman printed', async (t) => {
  const { boss, barman } = await buildApp(t)
  barman.act('list-backups', 'printf \'{"main": [{"backup_id": "20260131T020000"}]}\'; exit 0')
  const reply = await boss.get('/barman/list-backups?SERVERNAME=main')
  t.equal(reply.statusCode, 200)
  t.match(reply.json(), { command: 'list-backups', exitCode: 0, ok: true, result: { main: [{ backup_id: '20260131T020000' }] }, errors: [], warnings: [] })
  t.same(barman.calls().filter(([command]) => command === 'list-backups'), [['list-backups', '--', 'main']])
})
