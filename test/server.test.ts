import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { barmanapi, login, makeSite, serve } from './lib/cli/support.ts'
import { monthOf } from '../lib/jobs/ticket.ts'
import { readIdentity } from '../lib/runner/identity.ts'
import { lives, until } from './lib/runner/support.ts'

t.setTimeout(150_000)

const LONG = 'echo $$ >"$here/pid"; while ! [ -e "$here/go" ]; do sleep 0.05; done; exit 0'

async function withUser (file: string): Promise<string> {
  const { stdout } = await barmanapi(['init', '--user', 'boss', '--config', file])
  return /^Password: (.+)$/m.exec(stdout)?.[1] ?? ''
}

t.test('it says in one line of JSON where it listens, and ends well at SIGTERM and SIGINT', async (t) => {
  const { file } = await makeSite(t)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const server = await serve(t, file)
    t.match(server.hello, { event: 'listening', address: /^http:\/\/127\.0\.0\.1:[1-9]\d*$/, pid: server.pid, barman: '3.20.1' })
    t.match(await (await fetch(`${server.address}/health/live`)).json(), {})
    const at = performance.now()
    server.kill(signal)
    t.equal(await server.ended, 0, signal)
    t.ok(performance.now() - at < 5_000)
  }
})

t.test('SIGHUP does not end it', async (t) => {
  const { file } = await makeSite(t)
  const server = await serve(t, file)
  server.kill('SIGHUP')
  t.equal((await fetch(`${server.address}/health/live`)).status, 200)
  t.equal((await fetch(`${server.address}/health/live`)).status, 200)
  server.kill('SIGTERM')
  t.equal(await server.ended, 0)
})

t.test('its end leaves running jobs alive, lets nobody wait, and the next start knows them', async (t) => {
  const { file, barman, folder, store } = await makeSite(t)
  const password = await withUser(file)
  barman.act('switch-wal', LONG)
  const server = await serve(t, file)
  const boss = await login(server.address, 'boss', password)
  const waiting = boss('/barman/switch-wal', { server_name: ['main'] })
  await until(() => existsSync(join(folder, 'barman', 'pid')))
  const at = performance.now()
  server.kill('SIGTERM')
  const { status, body } = await waiting
  t.match({ status, state: body['state'] }, { status: 202, state: 'running' })
  t.equal(await server.ended, 0)
  t.ok(performance.now() - at < 5_000, 'promptly')
  const pid = Number(readFileSync(join(folder, 'barman', 'pid'), 'utf8'))
  t.ok(lives(pid))

  const next = await serve(t, file)
  const again = await login(next.address, 'boss', password)
  const ticket = String(body['ticket'])
  t.match(await again(`/history/${ticket}`), { status: 200, body: { state: 'running', user: 'boss' } })
  t.ok(readdirSync(join(store, 'active')).length > 0)
  writeFileSync(join(folder, 'barman', 'go'), '')
  await until(async () => (await again(`/history/${ticket}`)).body['state'] === 'succeeded')
  next.kill('SIGTERM')
  t.equal(await next.ended, 0)
})

t.test('what keeps it from starting is one clear sentence, and exit 1', async (t) => {
  const { file, folder } = await makeSite(t)
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => { taken.close() })
  const { port } = taken.address() as AddressInfo // of a socket on TCP
  writeFileSync(join(folder, 'file'), '')
  for (const [env, sentence] of [
    [{ BARMANAPI_APPLICATION_PORT: String(port) }, new RegExp(`^barmanapi: Port ${port} on 127\\.0\\.0\\.1 is taken; choose another with \\[application\\] port$`)],
    [{ BARMANAPI_APPLICATION_HOST: '192.0.2.1' }, /^barmanapi: 192\.0\.2\.1 is no address of this machine/],
    [{ BARMANAPI_APPLICATION_HOST: 'no-such-host.invalid' }, /^barmanapi: no-such-host\.invalid is no address of this machine/],
    [{ BARMANAPI_APPLICATION_STORE_DIRECTORY: join(folder, 'file') }, /^barmanapi: The store cannot be used: .*file\/active/],
    [{ BARMANAPI_BARMAN_COMMAND: '/no/such/barman' }, /^barmanapi: .*\/no\/such\/barman/],
    [{ BARMANAPI_BARMAN_COMMAND: '/bin/true' }, /^barmanapi: \S/],
    [{ BARMANAPI_BARMAN_REMOTE: 'true' }, /^barmanapi: \[barman\] remote = true/]
  ] as const) {
    const { code, stderr } = await barmanapi(['runserver', '--config', file], { env })
    t.equal(code, 1, JSON.stringify(env))
    t.match(stderr.trimEnd(), sentence)
    t.notMatch(stderr, /\n\s+at /)
    t.equal(stderr.trimEnd().split('\n').length, 1)
  }
})

t.test('a default that everybody knows is refused beyond loopback, and works on it', async (t) => {
  const { file, store } = await makeSite(t, '[auth_token]\nsecret = Deneme')
  t.match(await barmanapi(['runserver', '--config', file], { env: { BARMANAPI_APPLICATION_HOST: '0.0.0.0' } }), { code: 1, stderr: /^barmanapi: The documented default password or secret is in use: .*127\.0\.0\.1 instead of 0\.0\.0\.0\n$/ })
  const server = await serve(t, file)
  server.kill('SIGTERM')
  t.equal(await server.ended, 0)

  writeFileSync(join(store, 'client.conf'), '[memin]\npassword = 26588e932c7ccfa1df309280702fe1b5\naccess = []\ndeny = []\n')
  const env = { BARMANAPI_AUTH_TOKEN_SECRET: 'mine' }
  t.match(await barmanapi(['runserver', '--config', file], { env: { ...env, BARMANAPI_APPLICATION_HOST: '::' } }), { code: 1, stderr: /documented default/ }, 'the user memin too')
  const other = await serve(t, file, env)
  t.match(await (await login(other.address, 'memin', '1258'))('/auth/user'), { status: 200 })
  other.kill('SIGTERM')
  await other.ended
})

t.test('the account that Barman wants is named, with the command line', async (t) => {
  const { file, barman } = await makeSite(t)
  for (const name of ['list-servers', 'list-server']) barman.act(name, 'echo "ERROR: please run barman as \'barman\' user" >&2; exit 1')
  t.match(await barmanapi(['runserver', '--config', file]), { code: 1, stderr: /^barmanapi: Barman wants to be run by barman: start the service as that account, with `runuser -u barman -- barmanapi runserver`\n$/ })
})

t.test('with [log] the log is in files to the last line, without it on the console', async (t) => {
  const { file, store } = await makeSite(t)
  const console = await serve(t, file)
  await fetch(`${console.address}/health/live`)
  console.kill('SIGTERM')
  t.equal(await console.ended, 0)
  const lines = console.output().trim().split('\n').map((line) => JSON.parse(line) as { msg?: string })
  t.ok(lines.some(({ msg }) => msg === 'stopping'))
  t.notOk(existsSync(join(store, 'logs', 'barmanapi.log')))

  const server = await serve(t, file, { BARMANAPI_LOG_BACKUP_COUNT: '2', BARMANAPI_LOG_MAX_BYTES: '5000' })
  for (let n = 0; n < 60; n++) await (await fetch(`${server.address}/nowhere/${n}`)).text()
  server.kill('SIGTERM')
  t.equal(await server.ended, 0)
  t.equal(server.output().trim().split('\n').length, 1, 'the console has the one line')
  t.strictSame(readdirSync(join(store, 'logs')).sort(), ['barmanapi.log', 'barmanapi.log.1', 'barmanapi.log.2'])
  for (const name of readdirSync(join(store, 'logs'))) {
    t.equal(statSync(join(store, 'logs', name)).mode & 0o777, 0o600)
    for (const line of readFileSync(join(store, 'logs', name), 'utf8').trim().split('\n')) t.match(JSON.parse(line), { level: Number, time: String })
  }
  t.match(readFileSync(join(store, 'logs', 'barmanapi.log'), 'utf8'), /"msg":"stopping"/)
})

t.test('a job of a service that was killed runs on by itself', async (t) => {
  const { file, barman, folder, store } = await makeSite(t)
  const password = await withUser(file)
  barman.act('switch-wal', LONG)
  const server = await serve(t, file)
  const boss = await login(server.address, 'boss', password)
  const { body } = await boss('/barman/switch-wal', { server_name: ['main'], api_async: true })
  const ticket = String(body['ticket'])
  const job = join(store, 'active', monthOf(ticket), ticket)
  await until(async () => await readIdentity(job) !== null)
  server.kill('SIGKILL')
  t.equal(await server.ended, 'SIGKILL')
  writeFileSync(join(folder, 'barman', 'go'), '')
  await until(() => existsSync(join(job, 'exit')))
  const next = await serve(t, file)
  t.match(await (await login(next.address, 'boss', password))(`/history/${ticket}`), { status: 200, body: { state: 'succeeded', exitCode: 0 } })
  next.kill('SIGTERM')
  await next.ended
})
