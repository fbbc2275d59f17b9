import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Fault } from './fault.mjs'
import { isExecutable, run, which } from './run.mjs'

/** /usr/lib/postgresql/15/bin as Debian has it, /usr/pgsql-15/bin as RPMs do. */
const POSTGRES_HOMES = [['/usr/lib/postgresql', /^(\d+)$/], ['/usr', /^pgsql-(\d+)$/]]
const POSTGRES_PROGRAMS = ['initdb', 'pg_ctl', 'postgres', 'psql', 'pg_basebackup', 'pg_receivewal']
const TESTED_POSTGRES = 15

/** What the long forms run: a program, and the Debian package that has it. */
const LONG_FORM_TOOLS = [['chromium', 'chromium'], ['debootstrap', 'debootstrap'], ['lintian', 'lintian'], ['strip', 'binutils'], ['strace', 'strace']]

/** Debian would start a cluster of its own on port 5432; while this file is there it makes none. */
const NO_CLUSTER = '/etc/postgresql-common/createcluster.d/barmanapi.conf'

/**
 * The folder of PostgreSQL's own programs (those on PATH are wrappers, or something else), or null where they are incomplete.
 * @returns {string | null}
 */
export function postgresBin () {
  const complete = installedPostgres().filter(({ bin }) => POSTGRES_PROGRAMS.every((name) => isExecutable(join(bin, name))))
  return (complete.find(({ version }) => version === TESTED_POSTGRES) ?? complete[0])?.bin ?? null
}

/** What the lab still misses: the tool, and the Debian package that has it. */
export function missing () {
  return [
    ['barman', 'barman', which('barman')],
    ['PostgreSQL server', 'postgresql', postgresBin()],
    ['rsync', 'rsync', which('rsync')]
  ].filter(([, , path]) => path === null).map(([tool, name]) => ({ tool, package: name }))
}

/**
 * Sees to it that Barman, PostgreSQL and rsync are there: root gets them from Debian's packages, anyone else is told what to install.
 * @param {{ log?: (line: string) => void }} [options] `log` is called with each line of progress.
 * @returns {Promise<string[]>} The packages that were installed.
 */
export async function ensurePackages ({ log = () => {} } = {}) {
  return await ensure(missing, log)
}

/** The same for what the long forms run besides. */
export async function ensureLongFormTools ({ log = () => {} } = {}) {
  return await ensure(() => LONG_FORM_TOOLS.filter(([tool]) => which(tool) === null).map(([tool, name]) => ({ tool, package: name })), log)
}

async function ensure (findMissing, log) {
  const wanted = findMissing()
  if (wanted.length === 0) return []
  const packages = wanted.map((row) => row.package)
  const advice = `Missing: ${wanted.map(({ tool }) => tool).join(', ')}. Install with: apt-get install --no-install-recommends ${packages.join(' ')}`
  if (process.getuid() !== 0 || which('apt-get') === null) throw new Fault(advice)
  await withoutCluster(async () => {
    await apt(['update'], { log, advice })
    await apt(['install', '-y', '--no-install-recommends', ...packages], { log, advice })
  })
  if (findMissing().length > 0) throw new Fault(`apt-get succeeded, and still: ${advice}`)
  return packages
}

function installedPostgres () {
  return POSTGRES_HOMES.flatMap(([root, pattern]) => list(root).flatMap((name) => {
    const version = pattern.exec(name)?.[1]
    return version === undefined ? [] : [{ version: Number(version), bin: join(root, name, 'bin') }]
  })).sort((a, b) => b.version - a.version)
}

const list = (folder) => existsSync(folder) ? readdirSync(folder) : []

async function withoutCluster (work) {
  mkdirSync(dirname(NO_CLUSTER), { recursive: true })
  writeFileSync(NO_CLUSTER, 'create_main_cluster = false\n')
  try {
    await work()
  } finally {
    rmSync(NO_CLUSTER, { force: true })
  }
}

/** apt-get says a lot. */
const WORTH_TELLING = /^(Need to get|Fetched|Unpacking|Setting up)/

/** Ten minutes at most for each call; waits two for another apt-get to end. */
async function apt (args, { log, advice }) {
  const onLine = (line) => { if (WORTH_TELLING.test(line)) log(line) }
  const options = { timeoutMs: 600_000, onLine, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' } }
  const { exitCode, stderr } = await run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], options)
  const reason = stderr.split('\n').filter((line) => line.startsWith('E:')).at(-1) ?? 'it took longer than ten minutes'
  if (exitCode !== 0) throw new Fault(`apt-get ${args[0]} failed (${reason}). ${advice}`)
}
