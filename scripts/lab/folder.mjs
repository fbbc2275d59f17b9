import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from './fault.mjs'
import { endProcesses, startOf } from './processes.mjs'
import { run } from './run.mjs'

/** Written first and removed last: the sign that a folder is a lab, and the description by which others attach to it. */
export const LAB_FILE = 'lab.json'

/** sun_path of Linux holds 107 bytes, and PostgreSQL adds /run/.s.PGSQL.65535.lock */
const LONGEST_FOLDER = 107 - '/run/.s.PGSQL.65535.lock'.length

/**
 * Takes a folder for a new lab, after `clearFolder`.
 * @param {string} folder Absolute.
 * @param {import('./account.mjs').Account} who
 * @returns {Promise<{ cleaned: boolean }>}
 */
export async function claimFolder (folder, who) {
  if (Buffer.byteLength(folder) > LONGEST_FOLDER) throw new Fault(`The path ${folder} is too long for a Unix socket below it: ${LONGEST_FOLDER} bytes at most.`)
  const cleaned = await clearFolder(folder, who)
  makeFolder(folder, who)
  describe(folder, who, { state: 'making', owner: self() })
  await mustBeOpen(folder, who)
  return { cleaned }
}

/**
 * Ends and removes what a killed run left in a folder; one that is in use, or was not made by a lab, is a Fault.
 * @returns {Promise<boolean>} Whether there was something.
 */
export async function clearFolder (folder, who) {
  const found = look(folder)
  if (found === null) return false
  if (!found.isFolder) throw new Fault(`${folder} is not a folder; choose another one.`)
  if (![process.getuid(), who.uid].includes(found.uid)) throw new Fault(`${folder} belongs to somebody else; choose another folder.`)
  const names = readdirSync(folder)
  if (names.length === 0) return false
  if (!names.includes(LAB_FILE)) throw new Fault(`${folder} is not empty and was not made by this program; remove it or choose another folder.`)
  const owner = ownerOf(folder)
  if (owner !== null) throw new Fault(`${folder} is in use by process ${owner.pid}; stop that one or choose another folder.`)
  await removeLab(folder, who)
  return true
}

/** Writes the description of a lab, readable by its account only, for the password stands in it. */
export function describe (folder, who, description) {
  writeOwned(join(folder, LAB_FILE), `${JSON.stringify({ v: 1, ...description }, null, 2)}\n`, who)
}

/** This very process, so that a later run can tell a living lab from a left one. */
export const self = () => ({ pid: process.pid, start: startOf(process.pid) })

/**
 * Whether a folder is a lab whose maker is gone without having stopped it.
 * @param {string} folder
 */
export function isLeft (folder) {
  return existsSync(join(folder, LAB_FILE)) && ownerOf(folder) === null
}

/** Ends every process of a lab, proves it, and removes its folder. */
export async function removeLab (folder, who) {
  await endProcesses(folder, who.uid)
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

/** Makes a folder that only the account may enter. */
export function makeFolder (folder, who) {
  mkdirSync(folder, { recursive: true })
  chownSync(folder, who.uid, who.gid)
  chmodSync(folder, 0o700)
}

/** Writes a file that only the account may read. */
export function writeOwned (file, text, who) {
  writeFileSync(file, text, { mode: 0o600 })
  chownSync(file, who.uid, who.gid)
}

/** The living process that made the lab, or null; a description torn by a crash has no owner. */
function ownerOf (folder) {
  try {
    const { owner } = JSON.parse(readFileSync(join(folder, LAB_FILE), 'utf8'))
    return owner.start !== null && startOf(owner.pid) === owner.start ? owner : null
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null
    throw error
  }
}

function look (folder) {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat === undefined ? null : { isFolder: stat.isDirectory(), uid: stat.uid }
}

async function mustBeOpen (folder, who) {
  const { exitCode } = await run('/bin/sh', ['-c', 'cd "$1" && test -w .', 'sh', folder], { who, env: {}, cwd: '/' })
  if (exitCode === 0) return
  rmSync(folder, { recursive: true, force: true })
  throw new Fault(`The account ${who.name} cannot enter ${folder}: a folder above it is closed to it; choose another one.`)
}
