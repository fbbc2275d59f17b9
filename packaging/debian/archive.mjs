import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { must } from '../../scripts/lab/run.mjs'

const here = (name) => new URL(name, import.meta.url)

const SCRIPTS = ['postinst', 'prerm', 'postrm']
const PACK_MS = 600_000

/**
 * Makes the package of a tree, and returns its path.
 * @param {string} tree
 * @param {{ out: string, release: import('./release.mjs').Release }} options
 */
export async function archive (tree, { out, fast, release }) {
  const files = listFiles(tree)
  const control = join(tree, 'DEBIAN')
  mkdirSync(control)
  writeFileSync(join(control, 'control'), controlOf(release, sizeOf(files)))
  writeFileSync(join(control, 'conffiles'), readFileSync(here('conffiles')))
  writeFileSync(join(control, 'md5sums'), files.filter((file) => !file.startsWith(join(tree, 'etc/'))).map((file) => `${md5(file)}  ${relative(tree, file)}\n`).join(''))
  for (const name of SCRIPTS) {
    writeFileSync(join(control, name), readFileSync(here(name)))
    chmodSync(join(control, name), 0o755)
  }
  mkdirSync(out, { recursive: true })
  const target = join(out, `barmanapi_${release.version}_amd64.deb`)
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(release.date.getTime() / 1000) }
  await must('dpkg-deb', ['--root-owner-group', ...(fast ? ['-Zgzip', '-z1'] : ['-Zxz']), '--build', tree, target], { env, timeoutMs: PACK_MS })
  return target
}

function controlOf ({ version, maintainer }, kibibytes) {
  const values = { VERSION: version, MAINTAINER: maintainer, INSTALLED_SIZE: kibibytes }
  return readFileSync(here('control'), 'utf8').replace(/@(\w+)@/g, (_, name) => values[name])
}

/** Sorted, so that the same tree gives the same package. */
function listFiles (tree) {
  const entries = readdirSync(tree, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort()
}

/** In KiB, each file rounded up, as dpkg-gencontrol counts. */
const sizeOf = (files) => files.reduce((sum, file) => sum + Math.ceil(statSync(file).size / 1024), 0)

const md5 = (file) => createHash('md5').update(readFileSync(file)).digest('hex')
