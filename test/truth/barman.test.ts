import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Job } from '../../schemas/job.ts'
import { StartError } from '../../lib/errors.ts'
import { type Lab, openLab } from '../real/lab.ts'
import { buildApp, problemIn, until } from '../support/app.ts'
import { type Backup, backupIn, testCheckNames, testSkipped, truthOf } from './support.ts'

const SEGMENT = 16 * 1024 * 1024
const SLOW = { bwlimit: 32 } // KiB a second: such a backup of 20 MiB ends when it is ended

t.setTimeout(170_000)

const { lab, skip } = await openLab({ own: true })
if (lab) await testTruth(lab)
else t.test('what surprises in the installed Barman', { skip }, async () => {})

/** The known surprises of Barman by their numbers, and that our answers say what really happened. */
async function testTruth (lab: Lab): Promise<void> {
  t.teardown(() => lab.stop())
  await lab.addServer('second', { ready: true })
  for (const [name, kind] of [['idle', 'inactive'], ['passive', 'passive'], ['down', 'unreachable']] as const) await lab.addServer(name, { kind })
  await lab.addServer('_ERROR', { kind: 'unreachable', set: { bogus: 1 } })
  const truth = await truthOf(t, lab)
  const { served, boss, raw, reply, run } = truth
  const job = await run('backup', { server_name: 'main', wait: true })
  const taken = backupIn(job)
  const list = async () => (await reply('list-backups?server_name=main')).result as { main: Backup[] }
  const receivers = () => lab.processes().filter(({ words }) => words.includes('receive-wal') && words.at(-1) === 'main')

  t.test('surprise 1: JSON leaks passwords, no answer of ours does', async (t) => {
    for (const words of [['-f', 'json', 'show-server', 'main'], ['-f', 'json', 'diagnose'], ['sync-info', 'main']]) t.ok((await raw(...words)).stdout.includes(lab.password), words.join(' '))
    for (const path of ['show-servers?server_name=main', 'diagnose', 'sync-info?server_name=main']) {
      const { body, statusCode } = await boss.get(`/barman/${path}`)
      t.match([statusCode, body], [200, /password=\*REDACTED\*/], path)
      t.notOk(body.includes(lab.password), path)
    }
    t.notOk(JSON.stringify(served.log).includes(lab.password), 'nor does the log')
  })

  t.test('surprise 2: JSON breaks some commands, their answers are whole', async (t) => {
    for (const words of [['sync-info', 'main'], ['check', '--nagios', 'main']]) {
      const { stdout } = await raw('-f', 'json', ...words)
      t.throws(() => JSON.parse(stdout), SyntaxError, words.join(' '))
    }
    t.match(await reply('sync-info?server_name=main'), { ok: true, result: { backups: { [taken.backup_id]: {} } }, output: [] })
    t.match(await reply('diagnose'), { ok: true, result: { global: {}, servers: { main: {} } }, output: [] })
    t.match(await reply('check?server_name=main&nagios=true'), { ok: true, output: [/^BARMAN OK/] })
    const { rawPayload } = await boss.get(`/barman/get-wal?server_name=main&wal_name=${taken.base_backup_information.begin_wal}`)
    t.equal(rawPayload.length, SEGMENT, 'without two more bytes at its end')
  })

  t.test('surprise 4: words for backups are found, and one that finds none is a 404', async (t) => {
    for (const word of ['latest', 'last', 'oldest', 'first']) t.match(await reply(`show-backup?server_name=main&backup_id=${word}`), { result: { main: { backup_id: taken.backup_id } } }, word)
    problemIn(t, await boss.get('/barman/show-backup?server_name=down&backup_id=latest'), 404, 'unknown-backup')
    problemIn(t, await boss.get('/barman/show-backup?server_name=main&backup_id=latest-full'), 404, 'unknown-backup')
    problemIn(t, await boss.post('/barman/backup', { server_name: 'main', name: 'latest' }), 400, 'bad-request')
  })

  t.test('surprise 5: exit 0 is not done', async (t) => {
    await testSkipped(t, truth)
    t.match(await reply('status?server_name=down'), { exitCode: 0, result: { down: { pg_version: { message: /^FAILED/ } } } })
    const hasty = await run('backup', { server_name: 'second' })
    t.match([hasty.state, hasty.exitCode], ['succeeded', 0])
    t.equal(hasty.warnings.some((line) => /waits for WAL/.test(line)), backupIn(hasty).status === 'WAITING_FOR_WALS', backupIn(hasty).status)
  })

  t.test('surprise 6: exit 1 is everything else, told apart', async (t) => {
    problemIn(t, await boss.get('/barman/status?server_name=nosuch'), 404, 'unknown-server')
    problemIn(t, await boss.get('/barman/show-backup?server_name=main&backup_id=20200101T000000'), 404, 'unknown-backup')
    problemIn(t, await boss.get(`/barman/show-backup?server_name=main&backup_id=${encodeURIComponent('Another backup process is running')}`), 404, 'unknown-backup')
    problemIn(t, await boss.get('/barman/replication-status?server_name=down'), 503, 'postgres-unreachable')
    const other = raw('backup', '--bwlimit=32', 'main')
    await until('another backup copies', () => lab.processes().some(({ program }) => program === 'pg_basebackup'))
    t.match(await run('backup', { server_name: 'main' }), { state: 'failed', reason: 'server-busy', exitCode: 1, errors: ['Another backup process is running'] })
    for (const { pid, words } of lab.processes()) if (words.includes('--bwlimit=32')) process.kill(pid, 'SIGINT')
    t.equal((await other).exitCode, 1)
  })

  t.test('surprise 3: a piece of the word last-failed deletes no backup', async (t) => {
    const before = await list()
    t.ok(before.main.some(({ status }) => status === 'FAILED'), 'there is one to lose')
    for (const id of ['', 'a', '-', 'fail', 't-f']) problemIn(t, await boss.post('/barman/delete', { server_name: 'main', backup_id: id }), 400, 'bad-request')
    t.strictSame(await list(), before)
  })

  t.test('surprise 7: errors stand within JSON and beside it, and are errors in both', async (t) => {
    const { stdout, stderr } = await raw('-f', 'json', 'show-backup', 'main', 'nosuch')
    t.match([stdout, stderr], [/"_ERROR"/, /^(?!.*ERROR: )/s])
    t.match((await boss.get('/barman/show-backup?server_name=main&backup_id=nosuch')).json(), { reply: { result: null, errors: ["Unknown backup 'nosuch' for server 'main'"] } })
    t.match((await served.app.host('default').run(null, ['-c', lab.config, 'delete', 'main', 'nosuch'], { timeoutMs: 20_000 })).stderr, /^ERROR: /m)
    t.match((await run('delete', { server_name: 'main', backup_id: 'nosuch' })), { state: 'failed', reason: 'unknown-backup', errors: [/^Unknown backup/] })
  })

  t.test('surprise 8: a warning about another server, and a server named _ERROR, are no errors', async (t) => {
    t.match(await reply('list-servers'), { ok: true, errors: [], warnings: [/Invalid configuration option/], result: { main: {}, _ERROR: { description: String } } })
    t.match(await reply('list-backups?server_name=_ERROR'), { ok: true, errors: [], result: { _ERROR: [] } })
    t.match(await reply('show-backup?server_name=main&backup_id=latest'), { ok: true, errors: [] })
  })

  t.test('surprises 10 and 11: a canceled backup leaves nobody behind, and tells its progress before', async (t) => {
    const { ticket } = (await boss.post('/barman/backup', { server_name: 'main', ...SLOW })).json<Job>()
    await until('it tells that it copies', async () => (await boss.get(`/history/${ticket}`)).json<Job>().output.some((line) => line.startsWith('Starting backup copy')))
    await until('it copies', () => lab.processes().some(({ program }) => program === 'pg_basebackup'))
    await boss.post(`/history/${ticket}/cancel`)
    const { state, output } = await boss.ended(ticket)
    t.equal(state, 'canceled')
    t.notOk(lab.processes().some(({ program }) => program === 'pg_basebackup'), 'no orphan')
    const id = /\d{8}T\d{6}/.exec(output[0] ?? '')?.[0]
    t.match((await list()).main.find(({ backup_id: one }) => one === id), { status: 'FAILED' }, 'not STARTED for ever')
  })

  t.test('surprise 10: the daemons of cron live on when its job has ended', async (t) => {
    for (const { pid } of receivers()) process.kill(pid, 'SIGINT')
    await until('nobody streams', () => receivers().length === 0)
    rmSync(join(lab.servers, 'passive.conf')) // cron fails where it cannot reach the other node
    t.match(await run('cron', {}), { state: 'succeeded', errors: [] })
    await until('cron has started a receiver', () => receivers().length > 0)
    await until('it streams', async () => await lab.psql("SELECT 1 FROM pg_replication_slots WHERE slot_name = 'barman_main' AND active") === '1')
  })

  t.test('surprise 12: of two backups in one call both are told', async (t) => {
    const head = await run('backup', { server_name: ['main', 'second'], wait: true })
    t.match(head, { kind: 'batch', state: 'succeeded', jobs: [String, String] })
    for (const ticket of head.jobs ?? []) t.match(backupIn((await boss.get(`/history/${ticket}`)).json()), { status: 'DONE', backup_id: /^\d{8}T/ })
  })

  t.test('surprise 15: a % in a value stops Barman, and the answer says which fault', async (t) => {
    const file = join(lab.servers, 'percent.conf')
    writeFileSync(file, '[percent]\ndescription = 100%\n')
    t.match(problemIn(t, await boss.get('/barman/list-servers'), 503, 'barman-unusable').detail, /^'%' must be followed by/)
    rmSync(file)
    t.match(await reply('list-servers'), { ok: true })
  })

  t.test('surprise 16: times are told with their zone', async (t) => {
    const { end_time: text, end_time_timestamp: epoch } = taken.base_backup_information
    t.match([text, epoch], [String, /^\d+$/], 'Barman tells the instant beside its text')
    for (const time of [job.createdAt, job.startedAt, job.finishedAt]) t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const [start, end] = [job.startedAt, job.finishedAt].map((time) => Date.parse(time ?? '') / 1000)
    t.ok(Number(epoch) >= Math.floor(start ?? NaN) && Number(epoch) <= Math.ceil(end ?? NaN), 'and both clocks agree')
  })

  t.test('surprise 17: the wrong account is told whose Barman it is', { skip: process.getuid?.() === 0 ? false : 'only root may become another account' }, async (t) => {
    const command = join(lab.folder, 'as-nobody')
    writeFileSync(command, `#!/bin/sh\nexec runuser -u nobody -- ${lab.command} "$@"\n`)
    chmodSync(command, 0o755)
    await t.rejects(buildApp(t, { barman: { command, configFile: '' } }), new StartError('Barman wants to be run by barman: start the service as that account, with `runuser -u barman -- barmanapi runserver`'))
  })

  t.test('surprise 17: a variable that names another configuration changes nothing', async (t) => {
    t.match(await reply('list-servers'), { ok: true, result: { main: {} } })
  })

  t.test('surprise 19: the names of checks are those of this Barman', (t) => testCheckNames(t, truth))

  t.test('surprise 22: a second receive-wal has not streamed, whatever it exits with', async (t) => {
    t.match(await run('receive-wal', { server_name: 'main' }), { state: 'failed', ok: false, reason: 'server-busy', exitCode: 0 })
  })
}
