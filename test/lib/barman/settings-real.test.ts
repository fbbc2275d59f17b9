import { execFile } from 'node:child_process'
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { complete, fromDiagnose, fromFiles, type SettingsSection } from '../../../lib/barman/settings.ts'
import { barmanDialect } from '../../../lib/dialect/barman-dialect.ts'
import { mergeFiles } from '../../../lib/dialect/barman-files.ts'
import { parseConfig } from '../../../lib/dialect/python-config.ts'
import { barmans } from '../../support/barmans.mjs'

const run = promisify(execFile)
interface Ids { readonly uid: number, readonly gid: number }

const isRoot = userInfo().uid === 0
const user = isRoot ? 'barman' : userInfo().username
const ids = await idsOf(user)
const withoutUser = ids === undefined ? `there is no account ${user} here` : undefined

for (const found of await barmans()) {
  const skip = found.missing ?? withoutUser ?? await unusable(found.barman)
  t.test(`the view of Barman ${found.version} and of our own reading agree`, { skip }, async (t) => {
    if (found.missing !== undefined || ids === undefined) return
    const folder = await configured(ids)
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const dialect = barmanDialect(found.version)
    const view = async (...options: string[]) => fromDiagnose(await diagnose(found.barman, folder, ids, options))
    const files = mergeFiles(await read(folder), dialect)
    const plain = complete(await view(), files)
    const own = fromFiles(files)

    t.same(files.faults, [])
    t.same(plain.map(({ section, kind }) => [section, kind]), [['barman', 'global'], ['main', 'server'], ['spare', 'server']])
    t.same(inherited(plain[1]), ['compression', 'minimum_redundancy'])
    t.same(setIn('main.conf', plain[1]), [
      'backup_method', 'bandwidth_limit', 'conninfo', 'description', 'path_prefix', 'slot_name', 'streaming_archiver', 'streaming_conninfo'
    ])
    t.same(plain[1]?.settings.check_timeout, { value: 30, source: null, isDefault: true })
    for (const section of own) agree(t, section, plain.find((other) => other.section === section.section))
    if (!dialect.isShared) t.same(plain, await view('--show-config-source'), 'as Barman itself tells sources')
  })
}

async function unusable (program: string): Promise<string | false> {
  if (ids === undefined) return false
  return barman(program, ids, ['--version']).then(() => false, (error) => `${user} cannot run ${program}: ${error}`)
}

/** The keys that the file of this name sets. */
function setIn (name: string, section: SettingsSection | undefined): string[] {
  const entries = Object.entries(section?.settings ?? {})
  return entries.filter(([, { source, isDefault }]) => isDefault === false && source?.endsWith(`/${name}`)).map(([key]) => key).sort()
}

/** Some Barmans count their home among the settings of a server. */
function inherited (section: SettingsSection | undefined): string[] {
  return setIn('barman.conf', section).filter((key) => key !== 'barman_home')
}

/** Text against text: Barman's numbers and truths are printed, and what it redacts is left out. */
function agree (t: Test, own: SettingsSection, barmans: SettingsSection | undefined): void {
  for (const [key, { value, source }] of Object.entries(own.settings)) {
    const other = barmans?.settings[key]
    if (other === undefined || String(other.value).includes('REDACTED')) continue
    t.equal(String(other.value), value === 'on' ? 'true' : String(value), `${own.section} ${key}`)
    t.equal(other.source, source)
  }
}

async function configured ({ uid, gid }: Ids): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'settings-'))
  await mkdir(join(folder, 'd'))
  await mkdir(join(folder, 'home'))
  await writeFile(join(folder, 'barman.conf'), [
    '[barman]', `barman_home = "${folder}/home"`, `barman_user = ${user}`, `log_file = ${folder}/log`,
    `configuration_files_directory: ${folder}/d`, 'compression = gzip', 'Minimum_Redundancy = 3'
  ].join('\n'))
  await writeFile(join(folder, 'd', 'main.conf'), [
    '[main]', 'description = "A ; server # of ours"', 'conninfo = host=/nonexistent', '  user=barman password=plum',
    'streaming_conninfo = %(conninfo)s', 'backup_method = postgres', 'streaming_archiver = on', 'slot_name = barman',
    'bandwidth_limit = 1', 'bandwidth_limit = 400', "path_prefix = 'None'"
  ].join('\n'))
  await writeFile(join(folder, 'd', 'spare.conf'), [
    '[spare]', 'description =', '  two', '', '  lines', 'conninfo = host=/nonexistent', 'ssh_command = false', 'archiver = on'
  ].join('\n'))
  for (const path of ['.', 'd', 'home']) await chown(join(folder, path), uid, gid)
  return folder
}

async function read (folder: string) {
  const paths = ['barman.conf', 'd/main.conf', 'd/spare.conf'].map((path) => join(folder, path))
  return Promise.all(paths.map(async (path) => ({ path, document: parseConfig(await readFile(path, 'utf8')) })))
}

async function diagnose (program: string, folder: string, ids: Ids, options: readonly string[]): Promise<unknown> {
  return JSON.parse(await barman(program, ids, ['-c', join(folder, 'barman.conf'), 'diagnose', ...options]))
}

/** As the account that Barman insists on: it must be able to read the program too. */
async function barman (program: string, ids: Ids, args: readonly string[]): Promise<string> {
  const env = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/' }
  const options = { cwd: '/', env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024, ...(isRoot ? ids : {}) }
  return (await run(program, args, options)).stdout
}

async function idsOf (name: string): Promise<Ids | undefined> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((line) => line.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}
