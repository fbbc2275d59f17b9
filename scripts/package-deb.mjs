// Builds the Debian package: npm run package:deb [-- OPTIONS] · see --help.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { archive } from '../packaging/debian/archive.mjs'
import { addNode } from '../packaging/debian/runtime.mjs'
import { lastChange, versionOf } from '../packaging/debian/release.mjs'
import { addApplication, addDocuments, addSystemFiles } from '../packaging/debian/tree.mjs'
import { readCommandLine } from './lab/arguments.mjs'
import { Fault, tell } from './lab/fault.mjs'
import { ROOT, build, checkNode, installModules, needsModules } from './lab/project.mjs'
import { which } from './lab/run.mjs'
import { narrator } from './lab/say.mjs'

const HELP = `Usage: npm run package:deb [-- OPTIONS]

Builds barmanapi_VERSION_amd64.deb with its own Node, and prints its path last. Needs dpkg-deb, and strip of binutils; not root.

  --out DIR        where to leave it (here)
  --built          take dist/ as it is
  --fast           compress little, to try it
  --version TEXT   instead of that of package.json
  --help

DEBFULLNAME, DEBEMAIL and SOURCE_DATE_EPOCH replace the author and the date of the last commit.
`

const say = narrator()

try {
  await main(readArguments())
} catch (error) {
  say.bad(tell(error))
  process.exitCode = 1
}

async function main ({ out, built, fast, version }) {
  checkNode()
  checkTools()
  process.umask(0o022) // modes of the package are not the caller's
  const stage = mkdtempSync(join(tmpdir(), 'barmanapi-deb-'))
  try {
    const file = await make(stage, { out, built, fast, version })
    say.line(file)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

async function make (stage, { out, built, fast, version }) {
  const tree = join(stage, 'tree')
  mkdirSync(tree)
  chmodSync(stage, 0o755)
  if (!built) {
    if (needsModules()) await say.step('Installing npm packages', installModules)
    await say.step('Types and build', () => build())
  }
  const release = { version: version ?? await versionOf(ROOT), ...await lastChange(ROOT) }
  await say.step('Laying out the application', () => addApplication(tree, ROOT))
  await say.step('Adding Node', () => addNode(tree))
  addSystemFiles(tree, ROOT)
  addDocuments(tree, ROOT, release)
  return await say.step('Building the package', () => archive(tree, { out, fast, release }))
}

function checkTools () {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Fault('The package is for amd64 and is built on Linux on amd64.')
  const missing = [['dpkg-deb', 'dpkg'], ['strip', 'binutils'], ['tar', 'tar']].filter(([tool]) => which(tool) === null)
  if (missing.length > 0) throw new Fault(`Missing: ${missing.map(([tool, name]) => `${tool} of the Debian package ${name}`).join(', ')}.`)
}

function readArguments () {
  const { values } = readCommandLine(HELP, { out: { type: 'string' }, built: { type: 'boolean' }, fast: { type: 'boolean' }, version: { type: 'string' } })
  return { out: resolve(values.out ?? '.'), built: Boolean(values.built), fast: Boolean(values.fast), version: values.version }
}
