import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import t, { type Test } from 'tap'
import { failureOf, type Failure } from '../../lib/barman/failures.ts'
import { readOutput, type Output, type RawOutput } from '../../lib/barman/output.ts'
import { REDACTION_MASK as MASK, redactDeep } from '../../lib/barman/redact.ts'
import { barmans } from '../support/barmans.mjs'

interface Options { readonly format?: RawOutput['format'], readonly config?: string, readonly account?: string, readonly lock?: string }
interface Ran { readonly exitCode: number | null, readonly said: Output, readonly failure: Failure | null }
type Run = (command: string, args?: readonly string[], options?: Options) => Promise<Ran>

// Commands by the names that every version knows.
const FORMATS = ['json', 'console'] as const
const ACCOUNT = process.getuid?.() === 0 ? 'barman' : userInfo().username
const FAILED = '20260101T000000'
const DONE = '20260102T000000'

t.setTimeout(170_000) // a hundred and twenty starts of Python

const installed = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'barman')).find((file) => existsSync(file))
const [unpacked] = await barmans(undefined, ['3.20.1'])
testBarman('the installed Barman', installed, 'barman is not installed here')
testBarman('Barman 3.20.1', unpacked?.missing === undefined ? unpacked?.barman : undefined, unpacked?.missing ?? 'it was not asked for')

function testBarman (name: string, barman: string | undefined, missing: string): void {
  const reason = hasAccount() ? missing : 'there is no account barman here'
  t.test(name, { skip: barman === undefined || !hasAccount() ? reason : false }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'barmanapi-output-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    await prepare(folder)
    const run: Run = (command, args = [], options = {}) => runBarman(barman ?? '', folder, command, args, options)
    await testLists(t, run)
    await testUnknown(t, run)
    await testPostgresDown(t, run)
    await testRefusals(t, run, folder)
    await testSecrets(t, run)
    await testUnusable(t, run, folder)
    await testUsage(t, run)
  })
}

function testLists (t: Test, run: Run) {
  return t.test('servers and backups', async (t) => {
    const { failure, said: { result, errors } } = await run('list-server')
    t.match({ failure, errors }, { failure: null, errors: [] })
    t.same(Object.keys(result as object).sort(), ['_ERROR', '__proto__', 'down', 'idle', 'spare'])
    t.match(await run('list-backup', ['spare']), { failure: null, said: { result: { spare: [] } } })
    t.match(await run('list-backup', ['_ERROR']), { failure: null, said: { result: { _ERROR: [] }, errors: [] } })
    t.match(await run('list-backup', ['spare'], { format: 'console' }), { failure: null, said: { result: null, output: [] } })
    t.match(await run('show-backup', ['down', DONE]), { failure: null, said: { result: { down: { backup_id: DONE, status: 'DONE' } }, output: [] } })
  })
}

function testUnknown (t: Test, run: Run) {
  return t.test('what is not there', async (t) => {
    for (const format of FORMATS) {
      t.match(await run('show-backup', ['down', 'nosuch'], { format }), { failure: { code: 'unknown-backup', detail: "Unknown backup 'nosuch' for server 'down'" }, said: { result: null } })
      t.match(await run('status', ['nosuch'], { format }), { failure: { code: 'unknown-server', detail: "Unknown server 'nosuch'" } })
    }
    t.match(await run('list-backup', ['spare', 'nosuch']), { failure: { code: 'unknown-server' }, said: { result: { spare: [] } } }, 'with what there is')
    t.match(await run('get-wal', ['down', '0000000100000000000000FF'], { format: 'console' }), { failure: { code: 'not-found' } })
    t.match(await run('get-wal', ['down', 'zzz'], { format: 'console' }), { failure: { code: 'bad-request' } })
  })
}

function testPostgresDown (t: Test, run: Run) {
  return t.test('PostgreSQL is down', async (t) => {
    t.match(await run('check', ['down']), { exitCode: 1, failure: null, said: { errors: [], result: { down: { postgresql: { status: 'FAILED' } } } } })
    t.match(await run('check', ['down'], { format: 'console' }), { exitCode: 1, failure: null, said: { output: [/^Server down:$/] } })
    for (const format of FORMATS) t.match(await run('check', ['--nagios', 'down'], { format }), { exitCode: 2, failure: null, said: { output: [/BARMAN CRITICAL/] } })
    t.match(await run('status', ['down']), { exitCode: 0, failure: null, said: { result: { down: { pg_version: { message: /^FAILED/ } } } } })
    for (const format of FORMATS) t.match(await run('replication-status', ['down'], { format }), { failure: { code: 'postgres-unreachable' } })
    t.match(await run('backup', ['down']), { failure: { code: 'barman-failed', detail: /^Impossible to start the backup/ } })
    t.match(await run('backup', ['idle']), { exitCode: 0, failure: null, said: { result: null, output: ["Skipping inactive server 'idle'"] } })
  })
}

function testRefusals (t: Test, run: Run, folder: string) {
  return t.test('Barman is busy, or will not', async (t) => {
    for (const format of FORMATS) {
      t.match(await run('delete', ['down', DONE], { format }), { failure: { code: 'refused-by-barman', detail: /minimum redundancy requirements/ } })
      t.match(await run('sync-backup', ['down', 'x'], { format }), { failure: { code: 'refused-by-barman', detail: 'server down is not passive' } })
      t.match(await run('delete', ['down', FAILED], { format, lock: join(folder, 'home', `.down-${FAILED}.lock`) }), { failure: { code: 'server-busy', detail: /^Another process / } })
    }
  })
}

function testSecrets (t: Test, run: Run) {
  return t.test('documents with secrets', async (t) => {
    for (const [command, args, format] of [['show-server', ['down'], 'json'], ['diagnose', [], 'console'], ['diagnose', [], 'json'], ['sync-info', ['down'], 'console']] as const) {
      const { said, failure } = await run(command, args, { format })
      t.equal(failure, null)
      if (format === 'json') t.match(JSON.stringify(said.result), /password=hush/, `${command} tells it`)
      const shown = JSON.stringify(redactDeep(said))
      t.notMatch(shown, /hush/)
      t.ok(shown.includes(`password=${MASK} dbname=postgres`))
      t.match(said, { output: [], infos: [] }, 'a document and nothing else, even where it was encoded twice')
    }
  })
}

function testUnusable (t: Test, run: Run, folder: string) {
  return t.test('Barman cannot be used', async (t) => {
    const nowhere = join(folder, 'nowhere.conf')
    t.match(await run('list-server', [], { config: nowhere }), { failure: { code: 'barman-unusable', detail: `Configuration file '${nowhere}' does not exist` } })
    if (ACCOUNT === 'barman') t.match(await run('list-server', [], { account: 'nobody' }), { failure: { code: 'barman-unusable', detail: "please run barman as 'barman' user" } })
    const included = join(folder, 'barman.d', 'x.conf')
    const main = join(folder, 'main.conf')
    const faults: ReadonlyArray<readonly [file: string, text: string, detail: RegExp]> = [
      [included, 'oops\n', /^File contains no section headers/],
      [included, '[barman]\nlog_level = DEBUG\n', /^FATAL: the configuration file x\.conf /],
      [included, '[x]\ndescription = 100%\n', /^'%' must be followed by /],
      [included, `[x]\ndescription = X\nbackup_directory = ${folder}/home/down\n`, /^Conflicting path: backup_directory=/],
      [main, '[barman]\noops\n', /^Source contains parsing errors: /]
    ]
    for (const [file, text, detail] of faults) {
      await writeFile(file, text)
      const options = file === main ? { config: main } : {}
      for (const format of FORMATS) t.match(await run('list-server', [], { ...options, format }), { failure: { code: 'barman-unusable', detail } }, text)
      await rm(file)
    }
    t.equal((await run('list-server')).failure, null, 'and then it can again')
  })
}

function testUsage (t: Test, run: Run) {
  return t.test('the command line is not accepted', async (t) => {
    t.match(await run('list-server', ['--bogus']), { exitCode: 2, failure: { code: 'internal', detail: /unrecognized arguments: --bogus$/ } })
    t.match(await run('check', [], { format: 'console' }), { exitCode: 2, failure: { code: 'internal', detail: /barman check: error: / } })
    t.match(await run('no-such-command'), { exitCode: 2, failure: { code: 'internal' } })
  })
}

/** Runs Barman as its account, under a lock that another process would hold, and reads what it said. */
async function runBarman (barman: string, folder: string, command: string, args: readonly string[], options: Options): Promise<Ran> {
  const { format = 'json', config = join(folder, 'barman.conf'), account = ACCOUNT, lock } = options
  const words = [
    ...(account === userInfo().username ? [] : ['runuser', '-u', account, '--']), ...(lock === undefined ? [] : ['flock', lock]),
    barman, '-c', config, '-f', format, command, ...args
  ]
  const { exitCode, signal, stdout, stderr } = await execute(words, { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: folder, LANG: 'C.UTF-8', NO_COLOR: '1' })
  const said = readOutput({ format, command, exitCode, stdout, stderr })
  return { exitCode, said, failure: failureOf({ command, class: 'read', exitCode, signal, ...said, timedOut: false }) }
}

function execute ([program = '', ...args]: readonly string[], env: Record<string, string>) {
  return new Promise<{ exitCode: number | null, signal: string | null, stdout: string, stderr: string }>((resolve) => {
    const child = execFile(program, args, { env, timeout: 60_000, cwd: '/' }, (_error, stdout, stderr) => resolve({ exitCode: child.exitCode, signal: child.signalCode, stdout, stderr }))
  })
}

/** A home with a failed and a done backup, and servers whose PostgreSQL is down: one inactive, two with names to stumble over. */
async function prepare (folder: string): Promise<void> {
  const conninfo = `conninfo = host=127.0.0.1 port=${await closedPort()} user=barman password=hush dbname=postgres\narchiver = on\nbackup_options = concurrent_backup\nssh_command = false\n`
  await mkdir(join(folder, 'barman.d'))
  await writeFile(join(folder, 'barman.conf'), [
    `[barman]\nbarman_user = ${ACCOUNT}\nbarman_home = ${folder}/home\nlog_file = ${folder}/barman.log\nconfiguration_files_directory = ${folder}/barman.d\n`,
    `[down]\ndescription = Down\nminimum_redundancy = 1\n${conninfo}`, `[spare]\ndescription = Spare\n${conninfo}`, `[idle]\ndescription = Idle\nactive = false\n${conninfo}`,
    `[_ERROR]\ndescription = E\n${conninfo}`, `[__proto__]\ndescription = P\n${conninfo}`
  ].join('\n'))
  for (const [id, status] of [[FAILED, 'FAILED'], [DONE, 'DONE']] as const) {
    const backup = join(folder, 'home', 'down', 'base', id)
    await mkdir(backup, { recursive: true })
    await writeFile(join(backup, 'backup.info'), [
      `status=${status}`, 'server_name=down', 'mode=rsync', 'pgdata=/nowhere', 'version=150000', 'timeline=1', 'size=1', 'deduplicated_size=1', 'xlog_segment_size=16777216', 'systemid=1',
      'begin_wal=000000010000000000000002', 'end_wal=000000010000000000000002', 'begin_xlog=0/2000028', 'end_xlog=0/2000100', 'begin_offset=40', 'end_offset=256',
      'begin_time=2026-01-01 00:00:00+00:00', 'end_time=2026-01-01 00:01:00+00:00', ''
    ].join('\n'))
  }
  await chmod(folder, 0o755)
  if (ACCOUNT !== userInfo().username) execFileSync('chown', ['-R', ACCOUNT, folder])
}

/** A port that was free a moment ago: nothing answers there. */
async function closedPort (): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // of a TCP server that listens
  await new Promise((resolve) => server.close(resolve))
  return port
}

function hasAccount (): boolean {
  try {
    return execFileSync('id', [ACCOUNT], { stdio: 'pipe' }).length > 0
  } catch {
    return false // id fails for an unknown account
  }
}
