import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { must } from '../../scripts/lab/run.mjs'

/** The sources of the package beside this file. */
const here = (name) => new URL(name, import.meta.url)

const HOME = 'usr/lib/barmanapi'
const DOCUMENTS = 'usr/share/doc/barmanapi'
const NPM_MS = 300_000

/** What `npm pack` packs, with the packages that package-lock.json names for production. */
export async function addApplication (tree, root) {
  const home = join(tree, HOME)
  const scratch = dirname(tree)
  const npm = (args, cwd) => must('npm', args, { cwd, env: process.env, timeoutMs: NPM_MS })
  const { stdout } = await npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', scratch], root)
  mkdirSync(home, { recursive: true })
  await must('tar', ['--extract', '--gzip', '--no-same-owner', '--strip-components=1', '--file', join(scratch, stdout.trim()), '--directory', home])
  cpSync(join(root, 'package-lock.json'), join(home, 'package-lock.json'))
  await npm(['ci', '--omit=dev', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--prefer-offline'], home)
  addDocument(tree, 'packages', licenses(home))
  tidy(home)
}

/** One line a package: its name, version and license. */
function licenses (home) {
  const { packages } = JSON.parse(readFileSync(join(home, 'node_modules/.package-lock.json'), 'utf8'))
  const rows = Object.entries(packages).map(([path, { version, license }]) => `${path.replace(/^.*node_modules\//, '')} ${version} ${license}\n`)
  return rows.sort().join('')
}

/** Maps and types without their sources, what developers read, and what their tools do. */
const IDLE = /\.(map|[cm]?ts|md|markdown|tsbuildinfo)$|(^|\/)\.[^/]+$/

/** What lies at the top of an npm package and is no code of its run time: folders, and pages of its web site. */
const IDLE_PART = /^node_modules\/(.+\/node_modules\/)?(@[^/]+\/)?[^/]+\/(benchmarks?|docs?|examples?|integration|tests?|__tests__|[^/]+\.html)$/
const LICENSE = /licen[cs]e|copying|notice/i

/** Removes what nothing reads at run time but licenses, and gives every file a plain mode: no program here is started by its name. */
function tidy (home) {
  for (const name of ['package-lock.json', 'LICENSE', 'node_modules/.bin']) rmSync(join(home, name), { recursive: true, force: true })
  for (const name of readdirSync(home, { recursive: true })) {
    const path = join(home, name)
    if (isIdle(name)) rmSync(path, { recursive: true, force: true })
    else if (statSync(path, { throwIfNoEntry: false })?.isFile()) chmodSync(path, 0o644)
  }
}

const isIdle = (name) => IDLE_PART.test(name) || (IDLE.test(name) && !LICENSE.test(basename(name)) && !isDocument(name))

/** Pages and samples of our own, which move to the documents. */
const isDocument = (name) => /^(docs|etc)\//.test(name)

/** The launcher, the configuration, the unit and the manual page. */
export function addSystemFiles (tree, root) {
  put(tree, 'usr/bin/barmanapi', readFileSync(here('launcher')), 0o755)
  put(tree, 'etc/barmanapi.conf', readFileSync(join(root, 'etc/barmanapi.conf')))
  put(tree, 'lib/systemd/system/barmanapi.service', readFileSync(join(root, 'etc/barmanapi.service')))
  put(tree, 'usr/share/man/man1/barmanapi.1.gz', zip(readFileSync(here('barmanapi.1'))))
  put(tree, 'usr/share/lintian/overrides/barmanapi', readFileSync(here('lintian-overrides')))
}

/** The pages of docs/, the samples, both changelogs and the copyright. */
export function addDocuments (tree, root, { version, maintainer, date }) {
  const target = join(tree, DOCUMENTS)
  for (const name of ['docs', 'etc']) renameSync(join(tree, HOME, name), join(target, name === 'etc' ? 'examples' : name))
  put(tree, `${DOCUMENTS}/copyright`, readFileSync(here('copyright')))
  addDocument(tree, 'changelog', readFileSync(join(root, 'CHANGELOG.md')))
  const when = date.toUTCString().replace('GMT', '+0000')
  addDocument(tree, 'changelog.Debian', `barmanapi (${version}) unstable; urgency=medium\n\n  * As the upstream changelog says.\n\n -- ${maintainer}  ${when}\n`)
}

/** A compressed file in the folder of the package's documents. */
export function addDocument (tree, name, content) {
  put(tree, `${DOCUMENTS}/${name}.gz`, zip(content))
}

/** Without a name or a time in it, as Debian wants it. */
const zip = (content) => gzipSync(content, { level: 9 })

function put (tree, path, content, mode = 0o644) {
  mkdirSync(dirname(join(tree, path)), { recursive: true })
  writeFileSync(join(tree, path), content, { mode })
}
