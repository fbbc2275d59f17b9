import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Kind } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { CLIENT_ENVIRONMENT, readConnection } from '../../../../lib/cli/client/connection.ts'
import { CONNECTION_FLAGS, readFlags, RUN_FLAGS, splitAtCommand } from '../../../../lib/cli/client/flags.ts'
import { ConfigSchema } from '../../../../lib/config/schema.ts'

const PROFILES = `
[default]
url = https://default.example/barman
token = of-the-default
[ci]
url = http://ci.example:1935
user = ci
password = "p;ss # word"
[prod.eu]
token_file = TOKEN_FILE
`

type Env = Record<string, string>

/** A connection as a command line, an environment and a profile file say it. */
async function connect (t: Pick<Test, 'testdir'>, line: string, env: Env = {}, { profiles = PROFILES, mode = 0o600, stdin = '' } = {}) {
  const folder = t.testdir({ token: 'of-the-file\n' })
  const file = join(folder, 'profiles.ini')
  writeFileSync(file, profiles.replace('TOKEN_FILE', join(folder, 'token')))
  chmodSync(file, mode)
  const { values } = readFlags(line === '' ? [] : line.split(' '), CONNECTION_FLAGS)
  const { url, ...rest } = await readConnection(values, { env: { BARMANAPI_PROFILES: file, ...env }, stdin: Readable.from([stdin]) })
  return { url: url.href, ...rest }
}

t.test('flags are stronger than the environment, and that than a profile', async (t) => {
  t.same(await connect(t, ''), { url: 'https://default.example/barman/', token: 'of-the-default', login: null, ca: null, giveUpMs: 600_000 })
  t.match(await connect(t, '--profile ci'), { url: 'http://ci.example:1935/', token: null, login: { user: 'ci', password: 'p;ss # word' } })
  t.match(await connect(t, '', { BARMANAPI_PROFILE: 'ci' }), { login: { user: 'ci' } })
  t.match(await connect(t, '--profile prod.eu', { BARMANAPI_PROFILE: 'ci' }), { url: 'http://127.0.0.1:1935/', token: 'of-the-file' })
  t.match(await connect(t, '--profile ci', { BARMANAPI_TOKEN: 'env' }), { url: 'http://ci.example:1935/', token: 'env', login: null })
  t.match(await connect(t, '--token flag', { BARMANAPI_TOKEN: 'env' }), { token: 'flag', login: null })
  t.match(await connect(t, '--user eve --password-stdin', { BARMANAPI_TOKEN: 'env', BARMANAPI_PASSWORD: 'no' }, { stdin: 'secret\r\n' }), { token: null, login: { user: 'eve', password: 'secret' } })
  t.match(await connect(t, '', { BARMANAPI_TOKEN: 'env', BARMANAPI_USER: 'u', BARMANAPI_PASSWORD: 'p' }), { token: 'env', login: { user: 'u', password: 'p' } }, 'a token that can be renewed')
  t.match(await connect(t, '--give-up 5', { BARMANAPI_GIVE_UP: '7' }), { giveUpMs: 5000 })
})

t.test('no secret of the default profile goes to an address from elsewhere', async (t) => {
  await t.rejects(connect(t, '--url http://other.example'), { exitCode: 2, message: /no token is given/ })
  await t.rejects(connect(t, '', { BARMANAPI_URL: 'http://other.example' }), { exitCode: 2, message: /no token is given/ })
  t.match(await connect(t, '--url http://other.example --profile ci'), { url: 'http://other.example/', login: { user: 'ci' } }, 'unless it was named')
})

t.test('a wrong connection is one sentence, and exit 2', async (t) => {
  for (const [line, env, sentence, options] of [
    ['', {}, /holds secrets, and others may read it: chmod 600 /, { mode: 0o640 }],
    ['--profile cl', {}, /has no profile cl; did you mean ci\?/],
    ['', { BARMANAPI_PROFILES: '/no/such/file' }, /^\/no\/such\/file cannot be read \(ENOENT\)$/],
    ['', {}, /\[default\] pasword is not a key; did you mean password\?/, { profiles: '[default]\npasword = x\n' }],
    ['', {}, /line 2: ; and # begin a comment/, { profiles: '[default]\npassword = x;y\n' }],
    ['--user eve', {}, /the password of eve is missing/],
    ['--user a:b', { BARMANAPI_PASSWORD: 'x' }, /holds no colon/],
    ['--password-stdin', {}, /--password-stdin needs --user/],
    ['--url ftp://x --token x', {}, /is no address/],
    ['--url http://a:b@x --token x', {}, /holds a name or a password/],
    ['--ca /no/such.pem', {}, /ca: \/no\/such.pem cannot be read/],
    ['--give-up soon', {}, /--give-up wants a number of seconds/]
  ] as ReadonlyArray<readonly [string, Env, RegExp, { profiles?: string, mode?: number }?]>) {
    await t.rejects(connect(t, line, env, options), { exitCode: 2, message: sentence }, `${line} ${sentence}`)
  }
  t.throws(() => readFlags(['--tokn', 'x'], CONNECTION_FLAGS), { exitCode: 2, message: 'there is no option --tokn; did you mean --token?' })
  t.match(await connect(t, '', {}, { mode: 0o644, profiles: '[default]\nurl = http://x\n[other]\nuser = eve\n' }).catch(({ message }) => message), /no token is given/, 'without a secret others may read it')
})

t.test('no variable of the client is one of the service', async (t) => {
  const keys = Object.entries(ConfigSchema.properties).flatMap(([section, schema]) => schema[Kind] === 'Object' ? Object.keys(schema.properties).map((key) => `BARMANAPI_${section}_${key}`.toUpperCase()) : [])
  const taken = new Set(keys.flatMap((name) => [name, `${name}_FILE`]))
  t.same(CLIENT_ENVIRONMENT.filter((name) => taken.has(name)), [])
})

t.test('what stands before the command is ours', async (t) => {
  for (const [line, ours] of [
    ['backup main --wait', ''],
    ['--url http://x --wait backup main', '--url http://x --wait'],
    ['--url=http://x backup --url y', '--url=http://x'],
    ['--wait', '--wait'],
    ['--nonsense backup', '--nonsense']
  ] as const) t.equal(splitAtCommand(line.split(' '), RUN_FLAGS).ours.join(' '), ours, line)
})
