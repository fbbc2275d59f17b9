import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError, loadConfig } from '../../../lib/config/load.ts'
import type { Config } from '../../../lib/config/schema.ts'

type Env = Readonly<Record<string, string>>

function load (t: Test, text: string | Buffer, env: Env = {}): Config {
  const file = join(t.testdir(), 'barmanapi.conf')
  writeFileSync(file, text)
  return loadConfig({ file, env })
}

function faultsOf (t: Test, text: string, env: Env = {}): readonly string[] {
  try {
    load(t, text, env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

/** The sample in the README of barmanapi 0.3, with its comments and indentation. */
const SEED = `  #Don't delete any option from this file. All option is using. If you don't need anyone, blank value this option
  #User store location and pasword hash secret.
  [user]
  config_file=/usr/share/barmanapi/client.conf
  #if change your secret all password is unusable. You must change all of password hash in user config_file
  secret=89660c74da48ddd4efbe4d3c8f8150de

  [application]
  store_directory=/var/lib/barmanapi/
  host=0.0.0.0
  port=1935
  #In production, must be False debug parameter.
  debug=True

  #Barman Server Settings
  [barman]
  config_file=/etc/barman.conf
  command=/usr/bin/barman
  remote=true
  #If remote is false, you can blank remote_ssh option.
  remote_ssh=ssh barman@backup
  async_command=['backup','cron','recover']

  [auth_token]
  secret=Deneme
  algorithm=HS256
  #Token life time(second). At the end of this time token is unusable.
  token_life=6000

  [log]
  #Stored last x log file
  backup_count=5
  #Log file truncate size(Bytes)
  max_bytes=20000
`

t.test('the sample of barmanapi 0.3 loads as it stands', async (t) => {
  t.match(load(t, SEED), {
    user: { config_file: '/usr/share/barmanapi/client.conf', secret: '89660c74da48ddd4efbe4d3c8f8150de' },
    application: { store_directory: '/var/lib/barmanapi/', host: '0.0.0.0', port: 1935, debug: true },
    barman: { config_file: '/etc/barman.conf', command: '/usr/bin/barman', remote: true, remote_ssh: 'ssh barman@backup', async_command: ['backup', 'cron', 'recover'] },
    auth_token: { secret: 'Deneme', algorithm: 'HS256', token_life: 6000 },
    log: { backup_count: 5, max_bytes: 20_000 }
  })
})

t.test('every key may be missing or blank, and has its default', async (t) => {
  const defaults = {
    user: { config_file: '', secret: '' },
    application: { store_directory: '/var/lib/barmanapi', host: '127.0.0.1', port: 1935, debug: false, reply_wait: 60, public_docs: true, trusted_proxies: [], public_url: '' },
    barman: { config_file: '', command: '/usr/bin/barman', remote: false, remote_ssh: '', async_command: ['backup', 'cron', 'recover', 'restore'], read_timeout: 60, max_wal_bytes: 1_073_741_824 },
    auth_token: { secret: '', algorithm: 'HS256', token_life: 6000, in_query: true },
    jobs: { slots: 4, queue: 100, min_free_bytes: 268_435_456 },
    policy: {}
  }
  t.match(load(t, ''), { ...defaults, log: null })
  t.match(load(t, SEED.replaceAll(/=.*$/gm, '=')), { ...defaults, log: { backup_count: 5, max_bytes: 20_000 } })
  t.equal(load(t, '[log]\n').log?.backup_count, 5, 'the section alone sends the log to files')
  const absent = loadConfig({ file: join(t.testdir(), 'missing'), optional: true })
  t.match(absent, { ...defaults, file: null, log: null })
})

t.test('a file that is not there or not ours is one clear sentence', async (t) => {
  const file = join(t.testdir({ folder: {}, closed: '' }), 'missing')
  t.throws(() => loadConfig({ file }), new ConfigError(file, ['there is no such file']))
  t.throws(() => loadConfig({ file: join(file, '..', 'folder') }), { message: /cannot be read \(EISDIR\)$/ })
  if (process.getuid?.() === 0) return
  const closed = join(file, '..', 'closed')
  chmodSync(closed, 0)
  t.throws(() => loadConfig({ file: closed }), { message: /this account may not read it$/ })
})

t.test('all faults come in one message, each with section, key and what was expected', async (t) => {
  const faults = faultsOf(t, `stray = 1
[application]
port = 70000
debug = maybe
hots = x
[barman]
read_timeout = 1.5
async_command = ['backup'
[auth_token]
algorithm = none
[loggg]
x = 1
[target a]
directory = relative
[target b]
ssh_command = ssh x
`)
  t.strictSame([...faults].sort(), [
    '[application] debug must be true or false',
    '[application] hots is not a key; did you mean host?',
    '[application] port must be a whole number from 0 to 65535',
    '[auth_token] algorithm must be HS256',
    "[barman] async_command: not a list: ',' or ']' is expected at character 10",
    '[barman] read_timeout must be a whole number from 1 to 3600 (s)',
    '[loggg] is not a section; did you mean log?',
    '[target a] directory must be an absolute path',
    '[target a] directory is required: an absolute path',
    '[target b] directory is required: an absolute path',
    'stray stands above the first section'
  ].sort())
  const file = join(t.testdir(), 'f')
  writeFileSync(file, '[application]\nport = x\ndebug = y\n')
  t.throws(() => loadConfig({ file }), { message: `${file}: 2 faults\n  [application] port must be a whole number from 0 to 65535\n  [application] debug must be true or false` })
})

t.test('bounds of numbers hold, and nothing but a whole number is one', async (t) => {
  for (const port of ['0', '65535', ' 1935 ']) t.equal(load(t, `[application]\nport=${port}`).application.port, Number(port))
  for (const port of ['-1', '65536', '1e3', '0x10', '1935.0', '1_000', '+1', '١', 'NaN', '9'.repeat(30)]) t.equal(faultsOf(t, `[application]\nport=${port}`).length, 1, port)
})

t.test('true and false are written in many ways', async (t) => {
  for (const word of ['True', 'TRUE', 'yes', 'on', '1']) t.equal(load(t, `[application]\ndebug=${word}`).application.debug, true, word)
  for (const word of ['False', 'no', 'Off', '0']) t.equal(load(t, `[application]\ndebug=${word}`).application.debug, false, word)
})

t.test('lists are read as Python prints them, as JSON, or with commas', async (t) => {
  for (const list of ["['a','b c']", '["a", "b c"]', "[u'a', u'b c',]", 'a, b c']) t.strictSame(load(t, `[barman]\nasync_command = ${list}`).barman.async_command, ['a', 'b c'], list)
  t.strictSame(load(t, '[barman]\nasync_command = []').barman.async_command, [])
})

t.test('targets have names of any kind', async (t) => {
  const { targets } = load(t, '[target eu.db-1]\ndirectory = /srv/restore\nssh_command = ssh -p 22 postgres@db1\n[target two words]\ndirectory = /x\n')
  t.strictSame([...targets].sort(), [['eu.db-1', { directory: '/srv/restore', ssh_command: 'ssh -p 22 postgres@db1' }], ['two words', { directory: '/x', ssh_command: '' }]])
})

t.test('the policy keeps its dots', async (t) => {
  t.strictSame({ ...load(t, '[policy]\nbackup = restore\nrestore.destination_directory = free\n').policy }, { backup: 'restore', 'restore.destination_directory': 'free' })
})

t.test('a value that ini would cut in half is a fault, in quotes it is whole', async (t) => {
  for (const value of ['abc#def', 'abc;def', '#abc', 'a\\\\;b;c', 'a b;c # d']) {
    t.strictSame(faultsOf(t, `[user]\nsecret=${value}`), ['line 2: ; and # begin a comment: put a value that holds one in double quotes'], value)
    t.equal(load(t, `[user]\nsecret="${value.replaceAll('\\', '\\\\')}"`).user.secret, value)
    t.equal(load(t, `[user]\nsecret = '${value}'`).user.secret, value)
  }
  t.equal(load(t, '[user]\nsecret = abc ; a comment; and # more').user.secret, 'abc')
  t.equal(load(t, '[user]\nsecret = # nothing yet').user.secret, '')
  t.equal(load(t, '[user]\nsecret = a\\;b\\#c').user.secret, 'a;b#c')
  for (const value of ['"abc" # a comment', '"abc', "'abc", '"abc"def']) t.strictSame(faultsOf(t, `[user]\nsecret=${value}`), ['line 2: a value in quotes must end with them, and the line too'], value)
})

t.test('a byte order mark and line ends of Windows do no harm', async (t) => {
  t.equal(load(t, `\ufeff${SEED.replaceAll('\n', '\r\n')}`).auth_token.secret, 'Deneme')
  t.equal(load(t, '[application]\rport=1\r').application.port, 1)
})

t.test('names that JavaScript knows are only names', async (t) => {
  t.strictSame(faultsOf(t, '[__proto__]\npolluted = 1\n'), ['line 1: __proto__ is no name'])
  t.strictSame(faultsOf(t, '[user]\n__proto__ = 1\n'), ['line 2: __proto__ is no name'])
  for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
    t.match(faultsOf(t, `[${name}]\n`), [`[${name}] is not a section`])
    t.match(faultsOf(t, `[user]\n${name} = 1\n`), [`[user] ${name.toLowerCase()} is not a key`])
  }
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

t.test('nothing is dropped without a word', async (t) => {
  t.equal(faultsOf(t, 'user = 1\n[user]\nsecret = x\n').length > 0, true, 'a key of the name of a section')
  for (const text of ['[user]\n= x\n', '[user\nsecret = x\n', '[user] trailing\nsecret = x\n', '[user]\nsecret: x\n', '[user]\nsecret\n x\n', '[DEFAULT]\nport = 1\n']) t.ok(faultsOf(t, text).length > 0, JSON.stringify(text))
})

t.test('the environment wins over the file, by name or by file', async (t) => {
  const secret = join(mkdtempSync(join(tmpdir(), 'barmanapi-config-')), 'secret')
  t.teardown(() => rmSync(dirname(secret), { recursive: true }))
  writeFileSync(secret, 'of the file\n')
  t.match(load(t, SEED, { BARMANAPI_APPLICATION_PORT: '0', BARMANAPI_AUTH_TOKEN_SECRET_FILE: secret, BARMANAPI_BARMAN_ASYNC_COMMAND: 'cron', BARMANAPI_USER_SECRET: 'a;b#c', BARMANAPI_OTHER: 'x' }), {
    application: { port: 0 }, auth_token: { secret: 'of the file' }, barman: { async_command: ['cron'] }, user: { secret: 'a;b#c' }
  })
  t.equal(load(t, '', { BARMANAPI_LOG_BACKUP_COUNT: '2' }).log?.backup_count, 2, 'a key of a section makes the section')
  t.equal(load(t, SEED, { BARMANAPI_AUTH_TOKEN_SECRET: '' }).auth_token.secret, '', 'blank is the default')
  t.strictSame(faultsOf(t, '', { BARMANAPI_USER_SECRET_FILE: '/no/such/file' }), ['BARMANAPI_USER_SECRET_FILE names a file that cannot be read'])
  t.strictSame(faultsOf(t, '', { BARMANAPI_APPLICATION_PORT: 'x' }), ['[application] port must be a whole number from 0 to 65535'])
})

const RANDOM = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='

t.test('a webhook has its defaults, and its secret may come from the environment', async (t) => {
  const { webhooks } = load(t, `[webhook on-call]\nurl = https://hooks.example.com/barman?x=1\n[webhook chat]\nurl = http://10.0.0.7:8080/\nsecret = whsec_${RANDOM}\nevents = backup.*\noverdue_hours = 0\n`, { BARMANAPI_WEBHOOK_ON_CALL_SECRET: RANDOM })
  t.same(Object.fromEntries(webhooks), {
    'on-call': { url: 'https://hooks.example.com/barman?x=1', secret: RANDOM, events: ['job.succeeded', 'job.failed', 'job.canceled', 'job.timed_out', 'job.unknown', 'backup.overdue'], servers: [], allow_local: false, overdue_hours: 26 },
    chat: { url: 'http://10.0.0.7:8080/', secret: `whsec_${RANDOM}`, events: ['backup.*'], servers: [], allow_local: false, overdue_hours: 0 }
  })
})

t.test('every fault of a webhook is told', async (t) => {
  const good = `url = https://hooks.example.com/\nsecret = ${RANDOM}\n`
  t.same(faultsOf(t, '[webhook a]\n'), [
    '[webhook a] url is required: https://… or http://…',
    '[webhook a] secret must be base64 of 24 to 64 bytes, whsec_ in front or not, as `openssl rand -base64 32` makes it'
  ])
  t.match(faultsOf(t, `[webhook ../a]\n${good}[webhook ]\n${good}`), [/^\[webhook \] is not a section|^\[webhook\] is not a section/, /^\[webhook \.\.\/a\] has a name/].toReversed())
  t.match(faultsOf(t, `[webhook a]\n${good}events = job.fail, job.*, backup.overdu\nseret = x\n`), [/seret is not a key; did you mean secret\?/])
  t.match(faultsOf(t, `[webhook a]\n${good}events = job.fail, job.*, backup.overdu\n`), [/^\[webhook a\] events: job.fail matches none of job\.queued, /, /events: backup\.overdu matches none/])
  for (const url of ['ftp://x/', 'hooks.example.com', 'https://', 'file:///etc/passwd']) t.match(faultsOf(t, `[webhook a]\nurl = ${url}\nsecret = ${RANDOM}\n`), [/url is required/], url)
  t.match(faultsOf(t, `[webhook a]\nurl = https://u:p@x/\nsecret = ${RANDOM}\n`), [/url has a user or a password/])
  for (const url of ['http://127.0.0.1:9/', 'http://0x7f.1/', 'https://[::1]/', 'http://169.254.169.254/', 'http://localhost/']) {
    t.match(faultsOf(t, `[webhook a]\nurl = ${url}\nsecret = ${RANDOM}\n`), [/url is a loopback or link-local address/], url)
    t.same(faultsOf(t, `[webhook a]\nurl = ${url}\nsecret = ${RANDOM}\nallow_local = true\n`), [], url)
  }
  t.match(faultsOf(t, `[webhook a]\n${good}overdue_hours = 1.5\n`), ['[webhook a] overdue_hours must be a whole number from 0 to 8760 (h)'])
  t.same(faultsOf(t, '[application]\npublic_url = backup.example.com\n'), ['[application] public_url must be a URL such as https://backup.example.com'])
})
