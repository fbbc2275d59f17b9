import { readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Fault } from './fault.mjs'
import { makeFolder } from './folder.mjs'
import { ROOT } from './project.mjs'
import { must, run } from './run.mjs'

/**
 * The built service where the account can read it: the project itself for who calls, for root a copy beside the lab,
 * since the project may lie in root's home. The copy has what a packed one has: no tests, no packages of development.
 * @param {string} folder
 * @param {import('./account.mjs').Account} who
 * @returns {Promise<{ node: string, cli: string }>}
 */
export async function install (folder, who) {
  if (!who.switched) return { node: process.execPath, cli: join(ROOT, 'dist', 'cli.js') }
  const app = join(folder, 'app')
  makeFolder(app, who)
  for (const name of ['package.json', 'etc', 'dist']) await copy(name, app, (source) => source !== join(ROOT, 'dist', 'test'))
  for (const path of productionPackages()) await copy(path, app, (source) => basename(source) !== 'node_modules')
  await must('chown', ['-R', `${who.uid}:${who.gid}`, app])
  return { node: await nodeFor(who, app), cli: join(app, 'dist', 'cli.js') }
}

/** Paths below node_modules, as package-lock.json tells them apart; one that npm left out on this machine is not there. */
function productionPackages () {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'node_modules', '.package-lock.json'), 'utf8'))
  return Object.entries(packages).filter(([, { dev, devOptional }]) => !dev && !devOptional).map(([path]) => path)
}

/** Nested packages have rows of their own, so a package is copied without its `node_modules`. */
async function copy (name, app, isWanted) {
  const top = join(ROOT, name)
  await cp(top, join(app, name), { recursive: true, filter: (source) => source === top || isWanted(source) })
}

/** Node itself may lie in root's home as well. */
async function nodeFor (who, app) {
  const works = await run(process.execPath, ['--version'], { who, env: {}, cwd: '/' }).catch((error) => {
    if (error instanceof Fault) return { exitCode: null }
    throw error
  })
  if (works.exitCode === 0) return process.execPath
  await cp(process.execPath, join(app, 'node'))
  await must('chmod', ['755', join(app, 'node')])
  return join(app, 'node')
}
