import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { ROOT } from './root.ts'

const { versionOf } = await import(pathToFileURL(join(ROOT, 'packaging', 'debian', 'release.mjs')).href) as { versionOf (root: string): Promise<string> }
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

t.test('every script of the packages is understood by sh', async (t) => {
  for (const path of ['debian/launcher', 'debian/postinst', 'debian/prerm', 'debian/postrm', 'docker/barman-cron', 'docker/postgres-init.sh']) {
    const { status, stderr } = spawnSync('sh', ['-n', join(ROOT, 'packaging', path)], { encoding: 'utf8' })
    t.same({ path, status, stderr }, { path, status: 0, stderr: '' })
  }
})

t.test('the image and the Debian package bring the same major version of Node', async (t) => {
  const { version } = JSON.parse(read('packaging/debian/node.json')) as { version: string }
  const majors = [...read('Dockerfile').matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => major)
  t.same([...new Set(majors)], [version.split('.')[0]])
})

t.test('every file that the image and its composition name is there', async (t) => {
  const named = [...`${read('Dockerfile')}${read('compose.yaml')}`.matchAll(/packaging\/[\w./-]+[\w]/g)].map(([path]) => path)
  t.ok(named.length >= 3)
  t.same(named.filter((path) => !existsSync(join(ROOT, path))), [])
})

t.test('a pre-release comes before its release', { skip: spawnSync('dpkg', ['--version']).status === 0 ? false : 'no dpkg on this machine' }, async (t) => {
  const before = await versionOf(fixture(t, '1.0.0-alpha.0'))
  const release = await versionOf(fixture(t, '1.0.0'))
  t.equal(spawnSync('dpkg', ['--compare-versions', before, 'lt', release]).status, 0, `${before} < ${release}`)
})

function fixture (t: Test, version: string): string {
  return t.testdir({ 'package.json': JSON.stringify({ version }) })
}
