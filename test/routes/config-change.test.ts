import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { AuditPage } from '../../schemas/audit.ts'
import type { ConfigChange } from '../../schemas/config-change.ts'
import { problemIn } from '../support/app.ts'
import { barmans } from '../support/barmans.mjs'
import { CHANGE, makeSite, SERVER, takesAndRefuses, text } from '../support/config-site.ts'

const found = (await barmans()).find(({ version }) => version === '3.4.0')
const barman = { version: '3.4.0', command: found?.missing === undefined ? found?.barman ?? '' : '' }
const skip = found?.missing ?? false

t.setTimeout(150_000)

t.test('Barman 3.4.0 takes and refuses changes', { skip, timeout: 100_000 }, (t) => takesAndRefuses(t, barman))

t.test('by GET as barmanapi 0.3 had it: several keys, unset, dry_run', { skip }, async (t) => {
  const { boss, file } = await makeSite(t, barman)
  const dry = (await boss.get(`${CHANGE}?main.description=Two%20words&main.compression=gzip&dry_run=true`)).json<ConfigChange>()
  t.match(dry, { changed: true, dryRun: true, keptAs: null, changes: [{ key: 'description', after: 'Two words' }, { key: 'compression' }] })
  t.match(dry.diff, /\+description = {2}Two words/)
  t.equal(text(file), SERVER, 'and nothing is written')
  t.match((await boss.get(`${CHANGE}?main.description=Two%20words&main.compression=gzip`)).json(), { changed: true })
  t.match((await boss.get(`${CHANGE}?main.bandwidth_limit=400&unset=main.compression&unset=main.description`)).json(), { changed: true })
  t.equal(text(file), SERVER.replace('description =  "Main" \n', '').replace('slot_name = barman\n', 'slot_name = barman\nbandwidth_limit = 400\n'))
  problemIn(t, await boss.get(`${CHANGE}?main.description=a&main.description=b`), 400, 'bad-request')
})

t.test('what is wrong with a change is told by its place, and nothing changes', { skip }, async (t) => {
  const { boss, file, main } = await makeSite(t, barman)
  for (const [body, pointer] of [
    [{}, ''], [{ description: 'x' }, '/description'], [{ 'main.Description': 'x' }, '/main.Description'], [{ '.x': 'x' }, '/.x'],
    [{ 'main.description': 'a\nb' }, '/main.description'], [{ 'main.description': '100%' }, '/main.description'], [{ 'main.description': ' x' }, '/main.description'],
    [{ 'main.conninfo': 'host=db password=*REDACTED*' }, '/main.conninfo'], [{ 'main.description': 'x', unset: ['main.description'] }, '/unset'], [{ 'main.description': {} }, '/main.description']
  ] as const) {
    const problem = problemIn(t, await boss.post(CHANGE, body), 400, 'bad-request')
    t.ok(problem.errors?.some((error) => error.pointer === pointer), JSON.stringify([body, problem.errors]))
  }
  for (const section of ['nobody', 'DEFAULT', 'all']) problemIn(t, await boss.post(CHANGE, { [`${section}.description`]: 'x' }), 404, 'unknown-server')
  for (const section of ['../x', 'a]b', 'all', 'DEFAULT', '-x', 'barman', 'a\nb']) problemIn(t, await boss.post('/config/barman/create', { section }), 400, 'bad-request')
  problemIn(t, await boss.post('/config/barman/create', { section: 'x', template: '../../etc/passwd' }), 400, 'bad-request')
  problemIn(t, await boss.post('/config/barman/create', { section: 'x', template: 'missing' }), 400, 'bad-request')
  problemIn(t, await boss.post('/config/barman/delete', { section: 'barman' }), 400, 'bad-request')
  problemIn(t, await boss.post('/config/barman/restore', { id: '019ab3f2-5d1c-7c3e-9a51-0d6f2f3b8e11' }), 404, 'not-found')
  t.equal(text(file), SERVER)
  t.match(text(main), '; the end')
})

t.test('a change is a line of the audit log, for readers who see every server', { skip }, async (t) => {
  const { boss, user } = await makeSite(t, barman)
  const narrow = await user('narrow', ['users', 'read'], { servers: ['main'] })
  const audit = async (caller: typeof boss) => (await caller.get('/audit?event=config')).json<AuditPage>().entries
  await boss.post(CHANGE, { 'main.description': 'Two' })
  await boss.post(CHANGE, { 'main.conninfo': 'host=db password=planted-5f1c', dry_run: true })
  await boss.post('/config/barman/create', { section: 'all' })
  const entries = await audit(boss)
  t.match(entries, [{ event: 'config.create', outcome: 'failed' }, { event: 'config.change' }, { event: 'config.change', outcome: 'ok', user: 'boss', details: { 'main.description': 'Two' } }])
  t.notMatch(JSON.stringify(entries), 'planted-5f1c')
  t.same(await audit(narrow), [])
})

t.test('each key needs the scope of its class, each server must be seen', { skip }, async (t) => {
  const { boss, user, file } = await makeSite(t, barman)
  const clerk = await user('clerk', ['read', 'config'])
  const keeper = await user('keeper', ['read', 'config', 'destroy'])
  const limited = await user('limited', ['read', 'config', 'destroy', 'exec'], { servers: ['other'] })
  const reader = await user('reader', ['read'])
  problemIn(t, await reader.post(CHANGE, { 'main.description': 'x' }), 403, 'forbidden')
  problemIn(t, await reader.get('/config/barman/versions'), 403, 'forbidden')
  for (const [key, who] of [['description', 'all'], ['retention_policy', 'destroy'], ['conninfo', 'exec'], ['key_of_the_future', 'exec']] as const) {
    const body = { unset: [`main.${key}`], 'main.slot_name': 'other', dry_run: true }
    const statuses = [(await clerk.post(CHANGE, body)).statusCode, (await keeper.post(CHANGE, body)).statusCode]
    t.same(statuses.map((status) => status !== 403), { all: [true, true], destroy: [false, true], exec: [false, false] }[who], `${key}: ${statuses.join()}`)
  }
  t.match(problemIn(t, await clerk.post(CHANGE, { 'main.description': 'x', 'main.conninfo': 'host=evil' }), 403, 'forbidden').errors, [{ pointer: '/main.conninfo', detail: 'needs the scope exec' }])
  problemIn(t, await limited.post(CHANGE, { 'main.description': 'x' }), 404, 'unknown-server')
  problemIn(t, await limited.post(CHANGE, { 'barman.compression': 'gzip' }), 403, 'forbidden')
  problemIn(t, await limited.post('/config/barman/create', { section: 'mine' }), 403, 'forbidden')
  problemIn(t, await limited.post('/config/barman/delete', { section: 'main' }), 404, 'unknown-server')
  problemIn(t, await limited.get('/config/barman/versions'), 403, 'forbidden')
  problemIn(t, await clerk.post('/config/barman/delete', { section: 'main' }), 403, 'forbidden')
  t.equal(text(file), SERVER)
  const { keptAs } = (await boss.post(CHANGE, { 'main.conninfo': 'host=new', 'main.description': 'x' })).json<ConfigChange>()
  problemIn(t, await keeper.post('/config/barman/restore', { id: keptAs }), 403, 'forbidden')
  t.match(text(file), 'host=new')
  t.equal((await keeper.post('/config/barman/delete', { section: 'main', dry_run: true })).statusCode, 200)
})

t.test('a key is changed in the file where it counts, and If-Match keeps changes apart', { skip }, async (t) => {
  const { boss, file, servers } = await makeSite(t, barman)
  const later = join(servers, 'z.conf')
  writeFileSync(later, '[main]\ndescription = of z\n')
  const { version } = (await boss.get('/config/barman')).json<{ version: string }>()
  t.match((await boss.post(CHANGE, { 'main.description': 'x', 'main.compression': 'gzip' }, { 'if-match': `"${version}"` })).json(), { files: [file, later] })
  t.equal(text(later), '[main]\ndescription = x\n')
  problemIn(t, await boss.post(CHANGE, { 'main.description': 'y' }, { 'if-match': `"${version}"` }), 412, 'precondition-failed')
  t.match((await boss.post(CHANGE, { unset: ['main.description'] })).json(), { files: [file, later] }, 'removed wherever it stands')
  const changes = await Promise.all(['one', 'two', 'three', 'four'].map((value) => boss.post(CHANGE, { 'main.description': value })))
  t.same(changes.map(({ statusCode }) => statusCode), [200, 200, 200, 200], 'one after the other')
})

t.test('files that are not ours to edit stay', { skip }, async (t) => {
  const { boss, file, servers } = await makeSite(t, barman)
  writeFileSync(join(servers, 'odd.conf'), Buffer.from('[odd]\ndescription = \xff\nconninfo = host=/nonexistent\nbackup_method = postgres\nstreaming_conninfo = x\nstreaming_archiver = on\nslot_name = s\n', 'latin1'))
  problemIn(t, await boss.post(CHANGE, { 'odd.compression': 'gzip' }), 409, 'unsafe-change')
  t.equal(text(file), SERVER)
})
