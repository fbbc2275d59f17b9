import t from 'tap'
import { openLab, serveLab } from './lab.ts'

t.setTimeout(120_000)

const { lab, skip } = await openLab({ own: true })

t.test('a PostgreSQL that accepts and never answers delays nobody but its own part', { skip: skip ?? false }, async (t) => {
  if (!lab) return
  t.teardown(() => lab.stop())
  for (const kind of ['silent', 'unreachable', 'inactive']) await lab.addServer(kind, { kind })
  const { boss } = await serveLab(t, lab)

  const status = await boss.get('/barman/status?server_name=all&api_timeout=5')
  t.match([status.statusCode, status.json()], [200, {
    ok: false,
    result: { main: { pg_version: { message: /^\d/ } }, unreachable: {} },
    servers: { main: { ok: true }, unreachable: { ok: true }, inactive: { ok: true }, silent: { ok: false, exitCode: null, problem: { code: 'barman-timeout', status: 504 } } }
  }])
  const check = await boss.get('/barman/check?server_name=main&server_name=unreachable&server_name=silent&api_timeout=5')
  t.match(check.json(), { ok: false, servers: { main: { ok: true }, unreachable: { exitCode: 1, ok: false }, silent: { problem: { status: 504 } } } })
  t.match((await boss.get('/barman/replication-status?server_name=unreachable')).json(), { code: 'postgres-unreachable', status: 503 })
  t.match((await boss.post('/barman/switch-wal', { server_name: 'inactive' })).json(), { code: 'barman-failed', status: 422, reply: { state: 'failed', reason: 'skipped' } })
  t.match((await boss.get('/config/barman')).json(), { basis: 'files', sections: [{ section: 'barman' }] }, 'the configuration is read from its files')
})
