import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { saveCatalogue } from '../../lib/barman/catalogue-cache.ts'
import type { ConfigChange, ConfigVersion } from '../../schemas/config-change.ts'
import { realCatalogue } from '../lib/barman/policy-fixtures.ts'
import { buildApp, problemIn, type TestApp } from './app.ts'
import { identityOf, type Version } from './stand-in.ts'

/** A service before a real Barman, and its files. */
export interface Site extends TestApp { readonly main: string, readonly servers: string, readonly file: string }

export const SERVER = '; the shop\n[main]\ndescription =  "Main" \nconninfo = host=/nonexistent user=barman password=hush\nstreaming_conninfo = host=/nonexistent\nbackup_method = postgres\nstreaming_archiver = on\nslot_name = barman\n; last\n'
const TEMPLATE = '; Template\n[streaming-server]\n; Human readable\ndescription = "Example"\nconninfo = host=pg user=barman\nstreaming_conninfo = host=pg\nbackup_method = postgres\nstreaming_archiver = on\nslot_name = barman\n'

/** A real Barman without any PostgreSQL: to read its configuration it needs none; its catalogue is cached already. */
export async function makeSite (t: Test, { command, version }: { command: string, version: string }): Promise<Site> {
  const folder = t.testdir({ d: {}, home: {} })
  const main = join(folder, 'barman.conf')
  const servers = join(folder, 'd')
  const file = join(servers, 'main.conf')
  writeFileSync(main, `[barman]\nbarman_user = ${userInfo().username}\nbarman_home = ${folder}/home\nlog_file = ${folder}/barman.log\nlog_level = INFO\nconfiguration_files_directory = ${servers}\n; the end\n`)
  writeFileSync(file, SERVER, { mode: 0o640 })
  chmodSync(file, 0o640)
  writeFileSync(join(servers, 'streaming-server.conf-template'), TEMPLATE)
  await saveCatalogue(join(folder, 'store', 'config', 'catalogue-default.json'), identityOf(command, version as Version), realCatalogue(version as Version)) // those of barmans.mjs
  return { ...await buildApp(t, { folder, barman: { command, configFile: main } }), main, servers, file }
}

export const CHANGE = '/config/barman/change'

export const text = (file: string) => readFileSync(file, 'utf8')

/** What every Barman takes and refuses, and what can be taken back. */
export async function takesAndRefuses (t: Test, barman: { command: string, version: string }): Promise<void> {
  const { boss, file, main, folder, servers, log } = await makeSite(t, barman)

  const reply = await boss.post(CHANGE, { 'main.description': 'The shop', 'main.compression': 'gzip', 'main.minimum_redundancy': 2, 'barman.log_level': 'WARNING' })
  t.match(reply, { statusCode: 200, headers: { 'cache-control': 'no-store' } }, reply.body)
  const done = reply.json<ConfigChange>()
  t.match(done, { changed: true, dryRun: false, atomic: true, files: [main, file], changes: [{ section: 'barman', key: 'log_level', before: 'INFO', after: 'WARNING', file: main }, { section: 'main', key: 'description', before: '"Main"', after: 'The shop', file }, { key: 'compression', before: null }, { key: 'minimum_redundancy' }] })
  t.equal(text(file), SERVER.replace('"Main" ', 'The shop').replace('slot_name = barman\n', 'slot_name = barman\ncompression = gzip\nminimum_redundancy = 2\n'))
  t.match(done.diff, /-description = {2}"Main"\s*\n\+description = {2}The shop\n/)
  t.notMatch(reply.body, 'hush')
  t.equal(statSync(file).mode & 0o777, 0o640)
  t.match((await boss.post(CHANGE, { 'main.description': 'The shop' })).json(), { changed: false, keptAs: null, diff: '' }, 'what is so already changes nothing')

  const before = [text(main), text(file)]
  for (const [change, words] of [
    [{ 'main.retention_policy': 'NONSENSE' }, /retention_policy|NONSENSE/],
    [{ 'main.backup_method': 'NONSENSE' }, /backup_method|NONSENSE/],
    [{ unset: 'main.conninfo' }, /conninfo|disabled/],
    [{ 'main.no_such_key': '1' }, /no_such_key/],
    [{ 'main.archiver': 'maybe' }, /archiver|maybe/]
  ] as const) {
    const refused = problemIn(t, await boss.post(CHANGE, { ...change, 'main.slot_name': 'other' }), 409, 'refused-by-barman')
    t.match(JSON.stringify(refused.errors), words)
    t.notMatch(JSON.stringify(refused), join(folder, 'store'), 'and names the real files')
  }
  t.same([text(main), text(file)], before, 'a refused change changes nothing')

  t.match((await boss.post('/config/barman/create', { section: 'shop', template: 'streaming-server.conf-template', settings: { conninfo: 'host=shop', description: null } })).json(), { changed: true, files: [join(servers, 'shop.conf')] })
  t.equal(text(join(servers, 'shop.conf')), TEMPLATE.replace('[streaming-server]', '[shop]').replace('host=pg user=barman', 'host=shop').replace('description = "Example"\n', ''))
  t.match((await boss.get('/barman/list-servers?api_strict=true')).json<{ result?: object, output: string[] }>(), barman.version === '2.12' ? {} : { result: { shop: {} } })
  problemIn(t, await boss.post('/config/barman/create', { section: 'shop' }), 409, 'section-exists')
  problemIn(t, await boss.post('/config/barman/create', { section: 'lonely', settings: { description: 'no conninfo' } }), 409, 'refused-by-barman')
  t.match((await boss.post('/config/barman/delete', { section: 'shop' })).json(), { changed: true })
  t.notOk(existsSync(join(servers, 'shop.conf')), 'a file of which nothing is left goes')

  const versions = (await boss.get('/config/barman/versions')).json<ConfigVersion[]>()
  t.match(versions, [{ action: 'delete' }, { action: 'create' }, { action: 'change', user: 'boss', id: done.keptAs, files: [main, file] }])
  t.equal(versions.length, 3)
  t.notMatch(JSON.stringify(versions), 'hush')
  t.match((await boss.post('/config/barman/restore', { id: done.keptAs })).json(), { changed: true, files: [main, file] })
  t.equal(text(file), SERVER)
  t.match(text(main), 'log_level = INFO')
  t.match((await boss.post('/config/barman/restore', { id: versions[0]?.id })).json(), { changed: true })
  t.match(text(join(servers, 'shop.conf')), '[shop]')
  t.notMatch(JSON.stringify(log), 'hush')
  t.same(readdirSync(join(folder, 'store', 'garbage')), [], 'no copy is left')
}
