import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { Host } from '../../../lib/barman/host.ts'
import { REDACTION_MASK as MASK } from '../../../lib/barman/redact.ts'
import { judge } from '../../../lib/jobs/judge.ts'
import type { JobRecord } from '../../../lib/jobs/record.ts'
import type { Output } from '../../../lib/jobs/store.ts'
import { barmanEnvironment } from '../../../lib/runner/environment.ts'
import { LocalRunner } from '../../../lib/runner/local.ts'
import { makeStandIn, type StandIn } from '../../support/stand-in.ts'
import { folder, job } from './support.ts'

const ID = '20260131T020000'
const STARTED = `Starting backup using postgres method for server main in /var/lib/barman/main/base/${ID}\n`
const DOCUMENT = (status: string) => JSON.stringify({ main: { backup_id: ID, status, base_backup_information: { conninfo: 'host=x password=s3cr3t' } } })

async function makeHost (t: Test): Promise<{ host: Host, barman: StandIn }> {
  const path = folder(t)
  const at = (name: string) => { mkdirSync(join(path, name)); return join(path, name) }
  const barman = makeStandIn(at('barman'))
  const cacheFolder = at('config')
  await barman.remember(cacheFolder)
  const runner = new LocalRunner(barman.command, barmanEnvironment(process.env))
  const host = new Host({ name: 'default', runner, configFile: '', cacheFolder, garbage: at('garbage'), overrides: new Map(), cores: 2, log: pino({ enabled: false }) })
  await host.current()
  return { host, barman }
}

const ended = (host: Host, exitCode: number, output: Partial<Output>, changes: Partial<JobRecord> = {}) =>
  judge(host, job('', changes), { exitCode, at: new Date() }, { stdout: '', stderr: '', truncated: false, ...output })

t.test('a backup succeeded only if Barman lists it so', async (t) => {
  const { host, barman } = await makeHost(t)
  for (const [status, verdict] of [
    ['DONE', { state: 'succeeded', reason: null, warnings: [] }],
    ['WAITING_FOR_WALS', { state: 'succeeded', reason: null, warnings: [/waits for WAL/] }],
    ['FAILED', { state: 'failed', reason: 'not-done' }],
    ['STARTED', { state: 'failed', reason: 'not-done' }],
    ['EMPTY', { state: 'failed', reason: 'not-done' }]
  ] as const) {
    barman.act('show-backup', `printf '%s' '${DOCUMENT(status)}'; exit 0`)
    t.match(await ended(host, 0, { stdout: STARTED }), { ...verdict, result: { main: { backup_id: ID, status } } }, status)
  }
  t.match(barman.calls().filter(([command]) => command === 'show-backup').at(-1), ['show-backup', '--', 'main', ID])
})

t.test('the document of a backup holds no secret', async (t) => {
  const { host, barman } = await makeHost(t)
  barman.act('show-backup', `printf '%s' '${DOCUMENT('DONE')}'; exit 0`)
  const verdict = JSON.stringify(await ended(host, 0, { stdout: STARTED }))
  t.notMatch(verdict, 's3cr3t')
  t.match(verdict, MASK)
})

t.test('exit 0 without a backup was a server that Barman skipped', async (t) => {
  const { host } = await makeHost(t)
  for (const stdout of ["Skipping inactive server 'main'\n", "Skipping passive server 'main'\n", '', 'Backup was fine, believe me\n']) {
    t.match(await ended(host, 0, { stdout }), { state: 'failed', reason: 'skipped' }, stdout)
  }
  const document = JSON.stringify({ _INFO: ["Skipping inactive server 'main'"] })
  t.match(await ended(host, 0, { stdout: document }, { command: 'switch-wal', names: ['switch-wal', 'switch-xlog'], format: 'json' }), { state: 'failed', reason: 'skipped' })
  t.match(await ended(host, 0, { stderr: "WARNING: Skipping inactive server 'main'\n" }, { command: 'switch-wal', names: ['switch-wal'] }), { state: 'failed', reason: 'skipped' })
})

t.test('what Barman cannot be asked about is not known', async (t) => {
  const { host, barman } = await makeHost(t)
  for (const script of ['exit 1', 'printf nonsense; exit 0', 'kill -9 $$', "printf '{}'; exit 0", 'printf \'{"other": {"status": "DONE"}}\'; exit 0']) {
    barman.act('show-backup', script)
    t.match(await ended(host, 0, { stdout: STARTED }), { state: 'unknown', reason: 'unverified' }, script)
  }
  t.match(await ended(host, 0, { stdout: 'the beginning is cut off\n', truncated: true }), { state: 'unknown', reason: 'unverified' }, 'where the line that names it is lost')
})

t.test('a backup that Barman shows at the second look is found', async (t) => {
  const { host, barman } = await makeHost(t)
  barman.act('show-backup', `[ -e "$here/asked" ] || { : >"$here/asked"; exit 1; }; printf '%s' '${DOCUMENT('DONE')}'; exit 0`)
  t.match(await ended(host, 0, { stdout: STARTED }), { state: 'succeeded' })
})

t.test('other commands succeed with 0, and keep what they said', async (t) => {
  const { host, barman } = await makeHost(t)
  const other = { command: 'switch-wal', names: ['switch-wal'], format: 'json' as const }
  t.match(await ended(host, 0, { stdout: '{"_INFO": ["fine"], "_WARNING": ["but password=s3cr3t"], "x": {"password": "s3cr3t"}}' }, other), { state: 'succeeded', reason: null, warnings: [`but password=${MASK}`], errors: [] })
  t.strictSame(barman.calls(), [], 'and Barman is not asked')
})

t.test('any other exit code is a failure, told apart', async (t) => {
  const { host } = await makeHost(t)
  for (const [exitCode, stderr, reason] of [
    [1, "ERROR: Unknown server 'x'\n", 'unknown-server'],
    [1, 'ERROR: Another backup process is running\n', 'server-busy'],
    [1, 'ERROR: Impossible to start the backup. Check the log\n', 'barman-failed'],
    [2, 'usage: barman\nbarman: error: unrecognized arguments: --x\n', 'internal'],
    [127, 'sh: barman: not found\n', 'barman-unusable'],
    [137, '', 'barman-failed'],
    [255, '', 'barman-failed']
  ] as const) t.match(await ended(host, exitCode, { stdout: STARTED, stderr }), { state: 'failed', reason }, stderr || String(exitCode))
})
