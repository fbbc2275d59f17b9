import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { collect, DebianRoot, whyNoDebian } from '../packaging/debian-root.ts'
import { ROOT } from '../packaging/root.ts'

const skip = whyNoDebian() ?? false
t.setTimeout(480_000) // two minutes for the fresh Debian and one for the package, on two cores

t.test('the Debian package', { skip, timeout: 470_000 }, async (t) => {
  const out = mkdtempSync(join(tmpdir(), 'barmanapi-deb-'))
  const debian = new DebianRoot()
  t.teardown(() => { rmSync(out, { recursive: true }); debian.remove() })
  const [missing, deb] = await Promise.all([debian.furnish(), buildPackage(out)])

  await t.test('lintian finds no error and no warning', { skip: hasLintian() ? false : 'no lintian on this machine' }, async (t) => {
    const { code, output } = await collect(spawn('lintian', ['--allow-root', '--fail-on', 'error,warning', deb]))
    t.match({ code, output }, { code: 0 })
  })

  await t.test('on a fresh Debian', { skip: missing ?? false }, async (t) => {
    copyFileSync(deb, join(debian.folder, 'tmp', 'barmanapi.deb'))
    await install(t, debian)
    await serve(t, debian)
    await upgrade(t, debian)
    await leave(t, debian)
  })
})

async function install (t: Test, debian: DebianRoot): Promise<void> {
  await t.test('it installs, says what to do next, and starts nothing', async (t) => {
    const { code, output } = await debian.sh('apt-get -q update && apt-get -q install -y --no-install-recommends barman postgresql-client /tmp/barmanapi.deb')
    t.match({ code, output }, { code: 0, output: /^barmanapi: to begin, as root: .*barmanapi init.*systemctl enable --now barmanapi$/m })
    t.match(await debian.sh('dpkg --verify barmanapi && stat -c "%a %U:%G %n" /etc/barmanapi.conf /var/lib/barmanapi'),
      { code: 0, output: '640 root:barman /etc/barmanapi.conf\n700 barman:barman /var/lib/barmanapi\n' })
    t.notOk(existsSync(join(debian.folder, 'etc/systemd/system/multi-user.target.wants/barmanapi.service')))
  })
}

async function serve (t: Test, debian: DebianRoot): Promise<void> {
  await t.test('it serves as barman, with its own Node', async (t) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    t.match(await debian.sh('barmanapi --version && ! command -v node'), { code: 0, output: `${version}\n` })
    const { output } = await debian.sh('cd /root && runuser -u barman -- barmanapi init')
    const password = /^Password: (.+)$/m.exec(output)?.[1] ?? t.fail(output)
    const port = await freePort()
    const child = debian.start('runuser', '-u', 'barman', '--', 'env', `BARMANAPI_APPLICATION_PORT=${port}`, 'barmanapi', 'runserver')
    const end = () => child.kill('SIGKILL') // unshare forwards no other signal, and takes all of the namespace with it
    t.teardown(end)
    const ended = collect(child)
    await Promise.race([ended.then(({ output }) => { throw new Error(output) }), says(child, '"event":"listening"')])
    const url = `http://127.0.0.1:${port}`
    t.equal((await fetch(`${url}/health/ready`)).status, 200)
    t.equal((await fetch(`${url}/docs/`)).status, 200)
    const login = await fetch(`${url}/auth/token`, { headers: { authorization: `Basic ${btoa(`admin:${password}`)}` } })
    const { token } = await login.json() as { token: string }
    const servers = await fetch(`${url}/barman/list-servers`, { headers: { authorization: `Bearer ${token}` } })
    t.match(await servers.json(), { exitCode: 0, ok: true, result: {} })
    end()
    await ended
  })
}

async function upgrade (t: Test, debian: DebianRoot): Promise<void> {
  await t.test('an upgrade keeps the configuration and the users', async (t) => {
    await debian.sh('echo "# mine" >> /etc/barmanapi.conf && chmod 644 /etc/barmanapi.conf')
    const { code, output } = await debian.sh('dpkg --install /tmp/barmanapi.deb')
    t.match({ code, output }, { code: 0 })
    t.notMatch(output, 'to begin', 'there are users already')
    t.match(await debian.sh('tail -n 1 /etc/barmanapi.conf; stat -c %a /etc/barmanapi.conf; runuser -u barman -- env --chdir=/ barmanapi user list'), { output: /^# mine\n644\n[^]*"username": "admin"/ })
  })
}

async function leave (t: Test, debian: DebianRoot): Promise<void> {
  const left = async () => (await debian.sh('ls -d /etc/barmanapi.conf /var/lib/barmanapi/client.conf /usr/lib/barmanapi /usr/bin/barmanapi /lib/systemd/system/barmanapi.service 2>/dev/null')).output.trim()

  await t.test('a removal keeps the configuration and the store', async (t) => {
    t.match(await debian.sh('dpkg --remove barmanapi'), { code: 0 })
    t.equal(await left(), '/etc/barmanapi.conf\n/var/lib/barmanapi/client.conf')
  })

  await t.test('a purge leaves the account, and nothing else', async (t) => {
    t.match(await debian.sh('dpkg --purge barmanapi'), { code: 0 })
    t.equal(await left(), '')
    t.match(await debian.sh('test ! -e /var/lib/barmanapi && getent passwd barman'), { code: 0 })
  })
}

async function buildPackage (out: string): Promise<string> {
  const args = [join(ROOT, 'scripts', 'package-deb.mjs'), '--built', '--fast', '--out', out]
  const { code, output } = await collect(spawn(process.execPath, args, { cwd: ROOT, env: { DEBFULLNAME: 'A Tester', DEBEMAIL: 'tester@barmanapi.org', SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000)), ...process.env } }))
  if (code !== 0) throw new Error(output)
  return output.trim().split('\n').at(-1) ?? ''
}

const hasLintian = (): boolean => spawnSync('lintian', ['--version']).status === 0

function says (child: ChildProcess, words: string): Promise<void> {
  let said = ''
  return new Promise((resolve) => {
    child.stdout?.on('data', (text: string) => { if ((said += text).includes(words)) resolve() })
  })
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number } // an object for TCP
  server.close()
  return port
}
