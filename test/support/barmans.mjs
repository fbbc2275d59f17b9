// Unpacks real Barmans side by side: node test/support/barmans.mjs [FOLDER]
// From the Debian pool of whatever mirror this machine's apt uses; pinned by checksum, so any mirror will do.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PYTHON = '/usr/bin/python3' // Debian's own: it has the modules that Barman needs
const DOWNLOADER = '/usr/lib/apt/apt-helper' // apt's own transport: its proxies, its mirrors, and it checks the sum
const DOWNLOAD_TIMEOUT_MS = 120_000

/** What each version is made of: a path in the pool, and its SHA-256. */
const PACKAGES = {
  2.12: [ // bullseye
    ['b/barman/barman_2.12-2_all.deb', '7d840b2cb615ab04f2be63f82ce329578742eea8d3245260e82acee5ef67b7a5'],
    ['b/barman/python3-barman_2.12-2_all.deb', '41ea4148044c0f0d8a558abadebec3b3a3c471b48682bb3612163ae9ab03b7c6'],
    ['p/python-argh/python3-argh_0.26.2-1.1_all.deb', '888a49e638054bcf87d771f29fd6af9095a1d232f187a60bc9c0534021651f1a']
  ],
  '3.4.0': [ // bookworm
    ['b/barman/barman_3.4.0-1_all.deb', '221d18113cd139cd36cf1fbc7f1eec52669ec3c0672973998a010876e2450f52'],
    ['b/barman/python3-barman_3.4.0-1_all.deb', 'fc052050be60d780406e1a1156e12d12233802d95966f53676cb7552cf3be000']
  ],
  '3.13.3': [ // trixie
    ['b/barman/barman_3.13.3-1_all.deb', '2ed1258b220b2a7406e42184a9f558dd8b7a9c70a7b6bb6c63837e53cfe61203'],
    ['b/barman/python3-barman_3.13.3-1_all.deb', 'f726cc4fff26fe71f0831ad03414beedf7e2874d055a37459dedd022e9782116']
  ],
  '3.20.1': [ // forky
    ['b/barman/barman_3.20.1-1_all.deb', 'f1c7354a7969009f4e3d93b7c960d973da1d3110521e9662dff70de41041fc0f'],
    ['b/barman/python3-barman_3.20.1-1_all.deb', '9010db10f96aa38ee6cf33e53736128e2f66ed54b14495a749a86c76138910b0']
  ]
}

export const VERSIONS = Object.keys(PACKAGES)

/** `.lab/barmans` beside package.json, also when this file runs as its copy in `dist/`; for root a place that other accounts can read. */
export const DEFAULT_FOLDER = process.getuid?.() === 0 ? '/var/cache/barmanapi-barmans' : join(projectRoot(), '.lab', 'barmans')

/**
 * Makes sure of every version: `{ version, barman, python, pythonPath }`, where `barman` is an executable of that name,
 * or `{ version, missing }` with the reason, for a test to skip aloud. Idempotent; several processes may ask at once.
 */
export async function barmans (folder = DEFAULT_FOLDER, versions = VERSIONS) {
  const found = []
  for (const version of versions) found.push(await barman(resolve(folder), version)) // one at a time: gentle to the mirror
  return found
}

async function barman (folder, version) {
  const home = join(folder, version)
  try {
    if (!existsSync(home)) await install(folder, home, version)
    return { version, barman: join(home, 'bin', 'barman'), python: PYTHON, pythonPath: pythonPath(home) }
  } catch (error) {
    return { version, missing: `Barman ${version} cannot be had here: ${error.message.trim()}` }
  }
}

/** Unpacks beside the final place and moves it there whole: what exists is complete. */
async function install (folder, home, version) {
  await mkdir(folder, { recursive: true })
  const scratch = await mkdtemp(join(folder, `.${version}-`))
  try {
    await chmod(scratch, 0o755)
    for (const [path, sha256] of PACKAGES[version]) {
      const file = join(scratch, basename(path))
      await download(path, sha256, file)
      await run('dpkg-deb', ['-x', file, scratch])
      await rm(file)
    }
    await writeWrapper(scratch)
    await run(join(scratch, 'bin', 'barman'), ['--version'])
    await rename(scratch, home).catch((error) => { if (!existsSync(home)) throw error }) // another process was faster
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Finds its home from its own place, so that the folder may be moved or linked to. */
async function writeWrapper (scratch) {
  const lines = [
    '#!/bin/sh',
    'home=$(dirname "$(dirname "$(readlink -f "$0")")")',
    'export PYTHONPATH="$home/usr/lib/python3/dist-packages"',
    `exec ${PYTHON} "$home/usr/bin/barman" "$@"`
  ]
  await mkdir(join(scratch, 'bin'))
  await writeFile(join(scratch, 'bin', 'barman'), `${lines.join('\n')}\n`, { mode: 0o755 })
}

async function download (path, sha256, file) {
  const mirrors = await mirrorsOfApt()
  if (mirrors.length === 0) throw new Error('apt has no sources')
  const failures = []
  for (const mirror of mirrors) {
    const url = `${mirror}/pool/main/${path}`
    try {
      await run(DOWNLOADER, ['download-file', url, file, `SHA256:${sha256}`], { timeout: DOWNLOAD_TIMEOUT_MS })
      return
    } catch (error) {
      failures.push(lastLine(error.stderr) ?? error.message)
    }
  }
  throw new Error(failures.join('; '))
}

/** The repositories in apt's sources, what looks like Debian's own first. `--print-uris` fetches nothing, and needs neither root nor lists. */
async function mirrorsOfApt () {
  const { stdout } = await run('apt-get', ['update', '--print-uris'])
  const mirrors = new Set([...stdout.matchAll(/^'(\S+?)\/dists\/\S+\/InRelease'/gm)].map(([, mirror]) => mirror))
  return [...mirrors].sort((a, b) => Number(b.endsWith('/debian')) - Number(a.endsWith('/debian')))
}

function lastLine (text) {
  return text?.trim().split('\n').at(-1)
}

function pythonPath (home) {
  return join(home, 'usr', 'lib', 'python3', 'dist-packages')
}

function projectRoot (folder = dirname(fileURLToPath(import.meta.url))) {
  return existsSync(join(folder, 'package.json')) || dirname(folder) === folder ? folder : projectRoot(dirname(folder))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = await barmans(process.argv[2])
  for (const { version, barman, missing } of found) console.log(missing ?? `${version}\t${barman}`)
  if (found.some(({ missing }) => missing)) process.exitCode = 1
}
