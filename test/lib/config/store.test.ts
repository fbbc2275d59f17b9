import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../../lib/config/load.ts'
import { hasKnownSecret, openSecrets, openStore, usersFile } from '../../../lib/config/store.ts'

const config = (env: Record<string, string> = {}) => loadConfig({ file: '/no/such/file', optional: true, env })

t.test('the store has the folders of barmanapi 0.3, for this account alone', async (t) => {
  const directory = join(t.testdir(), 'a', 'store')
  const folders = openStore(directory)
  t.strictSame(folders, Object.fromEntries(['active', 'archive', 'config', 'garbage', 'logs'].map((name) => [name, join(directory, name)])))
  for (const folder of Object.values(folders)) t.equal(statSync(folder).mode & 0o777, 0o700)
  writeFileSync(join(folders.active, 'kept'), '')
  openStore(directory)
  t.ok(existsSync(join(folders.active, 'kept')), 'what is there stays')
})

t.test('a store that cannot be made is one sentence that names it', async (t) => {
  const path = t.testdir({ file: '' })
  for (const directory of [join(path, 'file'), join(path, 'file', 'store')]) {
    t.throws(() => openStore(directory), { name: 'StartError', message: new RegExp(`^The store cannot be used: this account may not write ${directory}/active \\(E[A-Z]+\\)$`) })
  }
})

t.test('missing secrets are made once, and outlive every start', async (t) => {
  const folders = openStore(t.testdir())
  const first = openSecrets(config(), folders)
  t.match(first, { pepper: /^[0-9a-f]{64}$/, signingKey: /^[0-9a-f]{64}$/ })
  t.not(first.pepper, first.signingKey)
  t.strictSame(openSecrets(config(), folders), first)
  t.equal(statSync(join(folders.config, 'secrets')).mode & 0o777, 0o600)
  t.strictSame(openSecrets(config({ BARMANAPI_USER_SECRET: 'mine' }), folders), { pepper: 'mine', signingKey: first.signingKey })
  t.strictSame(openSecrets(config(), openStore(join(t.testdir(), 'other'))).pepper === first.pepper, false, 'each store has its own')
})

t.test('configured secrets are taken as they are, and none is made', async (t) => {
  const folders = openStore(t.testdir())
  t.strictSame(openSecrets(config({ BARMANAPI_USER_SECRET: 'a', BARMANAPI_AUTH_TOKEN_SECRET: 'b' }), folders), { pepper: 'a', signingKey: 'b' })
  t.notOk(existsSync(join(folders.config, 'secrets')))
})

t.test('damaged secrets are never replaced: every password hangs on them', async (t) => {
  const folders = openStore(t.testdir())
  const file = join(folders.config, 'secrets')
  openSecrets(config(), folders)
  const whole = readFileSync(file, 'utf8')
  for (const text of ['', whole.slice(0, 40), '{}', '{"pepper":"","signingKey":""}\n', 'null']) {
    writeFileSync(file, text)
    t.throws(() => openSecrets(config(), folders), { name: 'StartError', message: /secrets is damaged/ })
    t.equal(readFileSync(file, 'utf8'), text)
  }
})

t.test('the secrets that barmanapi 0.3 printed are known', async (t) => {
  t.equal(hasKnownSecret({ pepper: '89660c74da48ddd4efbe4d3c8f8150de', signingKey: 'x' }), true)
  t.equal(hasKnownSecret({ pepper: 'x', signingKey: 'Deneme' }), true)
  t.equal(hasKnownSecret(openSecrets(config(), openStore(t.testdir()))), false)
})

t.test('users live in the store, or where they are configured to', async (t) => {
  t.equal(usersFile(config()), '/var/lib/barmanapi/client.conf')
  t.equal(usersFile(config({ BARMANAPI_USER_CONFIG_FILE: '/etc/client.conf' })), '/etc/client.conf')
})
