import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { Host } from '../../../lib/barman/host.ts'
import { barmanEnvironment } from '../../../lib/runner/environment.ts'
import { LocalRunner } from '../../../lib/runner/local.ts'
import { Courier } from '../../../lib/webhooks/courier.ts'
import { Mailbox } from '../../../lib/webhooks/mailbox.ts'
import { OverdueWatch } from '../../../lib/webhooks/overdue.ts'
import { makeStandIn, type Version } from '../../support/stand-in.ts'
import { files, folder, logger, webhook } from './support.ts'

const HOUR = 3_600_000
const NOON = Date.parse('2026-01-31T12:00:00Z')

interface Listed { readonly backup_id: string, readonly status: string, readonly end_time_timestamp?: string }

/** A watch over a stand-in whose servers and backups the test names; its events stay in the mailbox. */
async function make (t: Test, version: Version = '3.20.1') {
  const path = folder(t)
  for (const name of ['barman', 'config', 'garbage']) mkdirSync(join(path, name))
  const barman = makeStandIn(join(path, 'barman'), version)
  await barman.remember(join(path, 'config'))
  const { log, lines } = logger()
  const host = new Host({ name: 'default', runner: new LocalRunner(barman.command, barmanEnvironment(process.env)), configFile: '', cacheFolder: join(path, 'config'), garbage: join(path, 'garbage'), overrides: new Map(), cores: 2, log: pino({ enabled: false }) })
  const clock = { now: NOON }
  const watch = async (name = 'test', overdueMs = 26 * HOUR) => {
    const mailbox = await Mailbox.open({ folder: join(path, name), max: 100, log })
    const couriers = [new Courier(webhook('http://203.0.113.1/', { name, overdueMs }), mailbox, { log })]
    return new OverdueWatch({ hosts: new Map([['default', host]]), couriers, folder: path, publicUrl: 'https://backup.example.com', readTimeoutMs: 1000, log, now: () => clock.now })
  }
  const say = (command: string, document: unknown) => {
    for (const name of [command, `${command}s`]) barman.act(name, `cat <<'END'\n${JSON.stringify(document)}\nEND\nexit 0`)
  }
  const servers = (...names: Array<readonly [string, string]>) => say('list-server', Object.fromEntries(names.map(([name, description]) => [name, { description }])))
  const backups = (...listed: Listed[]) => say('list-backup', { main: listed })
  const told = (name = 'test') => files(path, name, 'pending').map((file) => JSON.parse(JSON.parse(readFileSync(join(path, name, 'pending', file), 'utf8')).body) as { type: string, data: Record<string, unknown> })
  servers(['main', 'Main'])
  return { path, barman, clock, watch, servers, backups, told, lines }
}

/** A backup as Barman lists it, that ended so many hours before noon. */
function backup (hoursAgo: number, status = 'DONE'): Listed {
  const end = NOON - hoursAgo * HOUR
  return { backup_id: new Date(end).toISOString().replace(/[-:]|\.\d+Z/g, ''), status, ...status === 'DONE' || status === 'WAITING_FOR_WALS' ? { end_time_timestamp: String(end / 1000) } : {} }
}

t.test('a young enough backup is silent, an old one told once a day while it lasts, also across a restart', async (t) => {
  const { clock, watch, backups, told } = await make(t)
  backups(backup(25), backup(49), backup(1, 'FAILED'), backup(0.1, 'STARTED'))
  await (await watch()).check()
  t.same(told(), [])
  clock.now += 2 * HOUR
  const old = await watch()
  await old.check()
  await old.check()
  t.match(told(), [{
    type: 'backup.overdue',
    timestamp: '2026-01-31T14:00:00.000Z',
    data: { servers: ['main'], host: 'default', state: 'overdue', backupId: '20260130T110000', finishedAt: '2026-01-30T11:00:00.000Z', overdueHours: 26, url: 'https://backup.example.com/barman/list-backups?server_name=main' }
  }])
  clock.now += 23 * HOUR
  await (await watch()).check()
  t.equal(told().length, 1)
  clock.now += HOUR
  await (await watch()).check()
  t.equal(told().length, 2)
})

t.test('a new backup ends it without a word, and the next time it is told at once', async (t) => {
  const { clock, watch, backups, told } = await make(t)
  const overdue = await watch()
  backups(backup(30))
  await overdue.check()
  backups(backup(30), backup(0))
  await overdue.check()
  t.equal(told().length, 1)
  clock.now += 27 * HOUR
  await overdue.check()
  t.same(told().map(({ data }) => data['backupId']).sort(), ['20260130T060000', '20260131T120000'])
})

t.test('one that waits for its WAL cannot be restored, and does not count', async (t) => {
  const { watch, backups, told } = await make(t)
  backups(backup(30), backup(1, 'WAITING_FOR_WALS'))
  await (await watch()).check()
  t.match(told(), [{ data: { backupId: '20260130T060000' } }])
})

t.test('a server without any backup is waited for from when it was first seen', async (t) => {
  const { clock, watch, backups, told } = await make(t)
  backups()
  await (await watch()).check()
  clock.now += 26 * HOUR
  await (await watch()).check()
  t.same(told(), [])
  clock.now += 1
  await (await watch()).check()
  t.match(told(), [{ data: { servers: ['main'], backupId: null, finishedAt: null } }])
})

t.test('inactive and passive servers are left out, and one that is gone is forgotten', async (t) => {
  const { path, watch, servers, backups, barman } = await make(t)
  servers(['main', 'Main'], ['idle', 'Old (inactive)'], ['passive', ' (Passive)'], ['both', ' (inactive) (Passive)'])
  backups(backup(30))
  const overdue = await watch()
  await overdue.check()
  t.same(barman.calls().filter(([command]) => command?.startsWith('list-backup')), [['list-backups', '--', 'main']])
  servers(['other', ''])
  await overdue.check()
  t.same(JSON.parse(readFileSync(join(path, 'test', 'overdue.json'), 'utf8')), {})
})

t.test('what cannot be read is neither overdue nor well: the log says so, and what was known stays', async (t) => {
  const { path, barman, clock, watch, backups, told, lines } = await make(t)
  const overdue = await watch()
  backups(backup(20))
  await overdue.check()
  const known = readFileSync(join(path, 'test', 'overdue.json'), 'utf8')
  clock.now += 100 * HOUR
  for (const script of ['exit 1', 'echo "{}"; exit 0', 'echo torn; exit 0', 'echo \'{"main": [{"status": "DONE", "backup_id": "20260131T120000"}]}\'; exit 0', 'exec sleep 60', 'echo \'{"_ERROR": ["password=hunter2"]}\'; exit 1']) {
    barman.act('list-backups', script)
    const before = lines.length
    await overdue.check()
    t.match(lines.slice(before), [{ level: 40, msg: 'nobody can say whether the backup is overdue: Barman does not list it', server: 'main' }], script)
  }
  t.same(told(), [])
  barman.act('list-servers', 'exit 1')
  await overdue.check()
  t.match(lines.at(-1), { level: 40, host: 'default', msg: /^nobody can say/ })
  t.equal(readFileSync(join(path, 'test', 'overdue.json'), 'utf8'), known)
  t.notMatch(JSON.stringify(lines), /hunter2/)
  writeFileSync(join(path, 'test', 'overdue.json'), '{torn')
  backups(backup(20))
  barman.act('list-servers', 'echo \'{"main": {"description": ""}}\'; exit 0')
  await overdue.check()
  t.equal(told().length, 1, 'a damaged memory tells again')
})

t.test('an old Barman is asked by the name that it knows', async (t) => {
  const { watch, backups, told, barman } = await make(t, '2.12')
  backups(backup(30))
  await (await watch()).check()
  t.same(barman.argvs().map((words) => words.slice(-3)).sort(), [['--color=never', '--format=json', 'list-server'], ['list-backup', '--', 'main']])
  t.equal(told().length, 1)
})

t.test('0 hours is never', async (t) => {
  const { watch, backups, barman, told } = await make(t)
  backups(backup(3000))
  await (await watch('off', 0)).check()
  t.same([told('off'), barman.calls()], [[], []])
})
