import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { makeSite, serve } from '../lib/cli/support.ts'

interface Outcome { readonly code: number, readonly stdout: string, readonly stderr: string }

const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/
const NEEDED = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md|(docs|etc)\/.*|dist\/(app|cli|server)\.js|dist\/(lib|plugins|routes|schemas)\/.*\.(js|sh|py|css|json))$/

t.setTimeout(600_000)

t.test('the packed tarball installs by itself and runs from any folder', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'barmanapi-install-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], projectRoot())
  t.equal(packed.code, 0, packed.stderr)
  const [{ filename, files, version }] = JSON.parse(packed.stdout) as [{ filename: string, version: string, files: Array<{ path: string }> }] // as npm documents it
  const paths = files.map(({ path }) => path)
  t.strictSame(paths.filter((path) => !NEEDED.test(path)), [], 'nothing but what is needed')
  for (const path of ['package.json', 'README.md', 'LICENSE', 'dist/cli.js', 'dist/lib/runner/run.sh', 'etc/barmanapi.conf']) t.ok(paths.includes(path), path)

  const prefix = join(folder, 'prefix')
  const installed = await run('npm', ['install', '--global', '--prefix', prefix, '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename)], folder)
  if (installed.code !== 0 && OFFLINE.test(installed.stderr)) return t.pass('installs and runs', { skip: 'the registry cannot be reached' })
  t.equal(installed.code, 0, installed.stderr)
  const modules = join(prefix, 'lib', 'node_modules', 'barmanapi', 'node_modules')
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as Record<string, Record<string, string>>
  for (const name of Object.keys(dependencies ?? {})) t.ok(existsSync(join(modules, name)), `${name} comes along`)
  for (const name of Object.keys(devDependencies ?? {})) t.notOk(existsSync(join(modules, name)), `${name} does not`)

  const program = join(prefix, 'bin', 'barmanapi')
  t.ok(statSync(program).mode & 0o111)
  t.match(await run(program, ['--version'], '/'), { code: 0, stdout: `${version}\n`, stderr: '' })
  const { barman, file } = await makeSite(t)
  const catalogue = await run(program, ['catalogue', '--barman', barman.command], '/')
  t.match(JSON.parse(catalogue.stdout), { version: '3.20.1' })

  const server = await serve(t, file, {}, program)
  t.equal((await fetch(`${server.address}/health/live`)).status, 200)
  t.match(await (await fetch(`${server.address}/openapi.json`)).json(), { paths: { '/barman/backup': {} } })
  t.equal((await fetch(`${server.address}/docs`)).status, 200)
  server.kill('SIGTERM')
  t.equal(await server.ended, 0)
  t.strictSame(readdirSync(folder).sort(), [filename, 'prefix'].sort(), 'and it leaves nothing where it is called')
})

function run (command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }))
  })
}

/** Where package.json is: above the compiled tests. */
function projectRoot (): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== '/'; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  throw new Error('there is no package.json above the tests')
}
