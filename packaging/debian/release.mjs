import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../scripts/lab/fault.mjs'
import { run, which } from '../../scripts/lab/run.mjs'

/**
 * What the package says of itself.
 * @typedef {object} Release
 * @property {string} version As Debian orders versions, with its own revision.
 * @property {string} maintainer `Name <address>`.
 * @property {Date} date Of the last change; every file of the package bears it, so that the same tree gives the same package.
 */

/** The version of package.json: a pre-release `1.0.0-alpha.0` is `1.0.0~alpha.0-1`, which comes before `1.0.0-1`. */
export async function versionOf (root) {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  return `${version.replace('-', '~')}-1`
}

/**
 * Who changed the project last, and when; Debian's own variables come first, and git does not have to be there with them.
 * @returns {Promise<{ maintainer: string, date: Date }>}
 */
export async function lastChange (root, env = process.env) {
  const { DEBFULLNAME: name, DEBEMAIL: address, SOURCE_DATE_EPOCH: epoch } = env
  const [commitEpoch, author] = name && address && epoch ? [] : await lastCommit(root)
  return { maintainer: name && address ? `${name} <${address}>` : author, date: new Date(Number(epoch ?? commitEpoch) * 1000) }
}

async function lastCommit (root) {
  const outcome = which('git') && await run('git', ['-C', root, 'log', '-1', '--format=%ct%n%an <%ae>'])
  if (outcome?.exitCode !== 0) throw new Fault('This is no clone with its history: set DEBFULLNAME, DEBEMAIL and SOURCE_DATE_EPOCH.')
  return outcome.stdout.trim().split('\n')
}
