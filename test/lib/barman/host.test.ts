import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { Host } from '../../../lib/barman/host.ts'
import { barmanEnvironment } from '../../../lib/runner/environment.ts'
import { LocalRunner } from '../../../lib/runner/local.ts'
import { install, makeStandIn, type StandIn } from '../../support/stand-in.ts'

interface Bench { readonly host: Host, readonly barman: StandIn, readonly cache: string, readonly logged: Array<{ msg: string, cached?: boolean }>, readonly another: () => Host }

t.setTimeout(120_000)

function make (t: Test, configFile = ''): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'barmanapi-host-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [program = '', cache = '', garbage = ''] = ['barman', 'config', 'garbage'].map((name) => { mkdirSync(join(folder, name)); return join(folder, name) })
  const barman = makeStandIn(program)
  const logged: Bench['logged'] = []
  const log = pino({}, { write: (line: string) => { logged.push(JSON.parse(line)) } })
  const another = () => new Host({ name: 'default', runner: new LocalRunner(barman.command, barmanEnvironment(process.env)), configFile, cacheFolder: cache, garbage, overrides: new Map(), cores: 2, log })
  return { host: another(), barman, cache, logged, another }
}

const readings = ({ logged }: Bench) => logged.filter(({ msg }) => msg === 'catalogue read').map(({ cached }) => cached)

t.test('a catalogue is read once, whoever asks, and by the next process from disk', async (t) => {
  const bench = make(t)
  t.throws(() => bench.host.catalogue, { code: 'barman-unusable' }, 'before it was read')
  const read = await Promise.all(Array.from({ length: 20 }, () => bench.host.current()))
  t.equal(new Set(read).size, 1)
  t.strictSame(readings(bench), [false])
  t.equal(bench.host.catalogue.version, '3.20.1')
  t.equal((await bench.another().current()).version, '3.20.1')
  t.strictSame(readings(bench), [false, true])
})

t.test('another Barman in its place is noticed, and reload asks the same one again', async (t) => {
  const bench = make(t)
  await bench.barman.remember(bench.cache)
  await bench.host.current()
  bench.barman.become('3.4.0')
  t.equal((await bench.host.current()).version, '3.20.1', 'the program is the same file')
  install(bench.barman.command)
  t.equal((await bench.host.current()).version, '3.4.0')
  bench.barman.become('3.13.3')
  t.equal((await bench.host.reload()).version, '3.13.3')
  t.strictSame(readings(bench), [true, false, false])
})

t.test('a reload that fails leaves the old catalogue in place, in memory and on disk', async (t) => {
  const { host, barman, cache } = make(t)
  await barman.remember(cache)
  const before = await host.current()
  const file = join(cache, 'catalogue-default.json')
  const kept = readFileSync(file, 'utf8')
  barman.become('broken')
  await t.rejects(host.reload(), { code: 'barman-unusable' })
  t.equal(host.catalogue, before)
  t.equal(readFileSync(file, 'utf8'), kept)
  t.strictSame(readdirSync(cache), ['catalogue-default.json'])
})

t.test('a torn cache is as good as none', async (t) => {
  const bench = make(t)
  await bench.barman.remember(bench.cache)
  const file = join(bench.cache, 'catalogue-default.json')
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 5000))
  t.equal((await bench.host.current()).version, '3.20.1')
  t.strictSame(readings(bench), [false])
})

t.test('a command is found by any name and spelling, else the closest is named', async (t) => {
  const { host, barman, cache } = make(t)
  await barman.remember(cache)
  for (const name of ['list-backups', 'list-backup', 'LIST_BACKUPS', 'listbackups']) t.equal((await host.command(name)).command.name, 'list-backups', name)
  await t.rejects(host.command('list-bakups'), { code: 'unknown-command', message: /did you mean list-backups\?/ })
  for (const name of ['', '--help', 'constructor', '__proto__', 'help me']) await t.rejects(host.command(name), { code: 'unknown-command' }, name)
})

t.test('an unknown server makes Barman be asked again, but not each time', async (t) => {
  const { host, barman, cache } = make(t, '/etc/other.conf')
  await barman.remember(cache)
  const lists = () => barman.argvs().filter((words) => words.some((word) => /^list-servers?$/.test(word)))
  t.strictSame(await host.servers(), ['main', 'pg-1', 'pg-2'])
  await host.checkServers(['main', 'pg-1'], String)
  t.equal(lists().length, 1)
  t.ok(lists()[0]?.includes('--config=/etc/other.conf'))
  const names = ['main', 'nosuch', 'pg-1', 'neither']
  for (let n = 0; n < 5; n++) await t.rejects(host.checkServers(names, (index) => `/server_name/${index}`), { code: 'unknown-server', extras: { errors: [{ pointer: '/server_name/1' }, { pointer: '/server_name/3' }] } })
  t.equal(lists().length, 2, 'once more, though the first list is fresh: the name may be new')
})

t.test('a Barman that cannot list its servers says why', async (t) => {
  const { host, barman, cache, logged } = make(t)
  await barman.remember(cache)
  for (const name of ['list-servers', 'list-server']) barman.act(name, 'echo "ERROR: your file is broken" >&2; exit 1')
  await t.rejects(host.servers(), { code: 'barman-unusable', message: /your file is broken/ })
  await host.checkAccount()
  t.match(logged.at(-1), { msg: 'barman cannot list its servers' })
  for (const name of ['list-servers', 'list-server']) barman.act(name, 'echo "ERROR: please run barman as \'postgres\' user" >&2; exit 1')
  await t.rejects(host.checkAccount(), { name: 'StartError', message: /run by postgres: .*runuser -u postgres -- barmanapi runserver/ })
})
