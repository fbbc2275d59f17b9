import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { Fault } from './fault.mjs'
import { until } from './wait.mjs'

/** The variable that every process of a lab inherits; its value is the lab's folder. */
export const MARK = 'BARMANAPI_LAB'

/** What may be ended on the strength of its words alone: never an editor or a shell that happens to look into the folder. */
const PROGRAMS = /^(python[\d.]*|postgres|pg_[a-z]+|psql|barman|sh|dash|rsync|node)$/

/** Politely first; each signal with the time in ms until the next one. */
const LADDER = [['SIGINT', 3_000], ['SIGTERM', 2_000], ['SIGKILL', 5_000]]

/**
 * The living processes of a lab, its daemons included: whoever carries its mark, names its folder or works inside it.
 * @param {string} folder
 * @param {number} uid The lab's account; nobody else's processes are considered.
 * @returns {{ pid: number, program: string, words: string[] }[]}
 */
export function processesOf (folder, uid) {
  const spared = ancestry(process.pid)
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
    .filter((pid) => !spared.has(pid))
    .flatMap((pid) => unlessGone(() => inspect(pid, uid)) ?? [])
    .filter((found) => belongs(found, folder))
}

/** Ends all processes of a lab, and proves it; what survives SIGKILL is a Fault. */
export async function endProcesses (folder, uid) {
  for (const [signal, timeoutMs] of LADDER) {
    for (const { pid, program } of processesOf(folder, uid)) send(pid, program === 'postgres' && signal === 'SIGINT' ? 'SIGQUIT' : signal)
    const gone = await until('its processes end', () => processesOf(folder, uid).length === 0, { timeoutMs, everyMs: 20 }).catch(() => false)
    if (gone) return
  }
  const left = processesOf(folder, uid).map(({ pid, program }) => `${program} (${pid})`)
  if (left.length > 0) throw new Fault(`Processes of the lab in ${folder} cannot be ended: ${left.join(', ')}.`)
}

/** Kills all processes of a lab at once, for the moment when there is no time left to ask. */
export function killProcesses (folder, uid) {
  for (const { pid } of processesOf(folder, uid)) send(pid, 'SIGKILL')
}

/** When a process started, in clock ticks since boot, or null if there is none: with the pid it names a process for good. */
export const startOf = (pid) => unlessGone(() => statFields(pid)[19]) ?? null

function inspect (pid, uid) {
  const proc = `/proc/${pid}`
  if (statSync(proc).uid !== uid || statFields(pid)[0] === 'Z') return null
  return {
    pid,
    program: basename(unlessGone(() => readlinkSync(`${proc}/exe`)) ?? ''),
    words: strings(`${proc}/cmdline`),
    environment: unlessGone(() => strings(`${proc}/environ`)) ?? [],
    folder: unlessGone(() => readlinkSync(`${proc}/cwd`)) ?? ''
  }
}

function belongs ({ program, words, environment, folder: place }, folder) {
  if (environment.includes(`${MARK}=${folder}`)) return true
  if (!PROGRAMS.test(program)) return false
  return words.some((word) => word.includes(`${folder}/`)) || (program === 'postgres' && `${place}/`.startsWith(`${folder}/`))
}

function ancestry (pid) {
  const pids = new Set()
  for (let next = pid; next > 1 && !pids.has(next); next = Number(unlessGone(() => statFields(next)[1]) ?? 0)) pids.add(next)
  return pids
}

/** Fields of /proc/PID/stat from the third (state) on; the second may hold blanks and brackets. */
function statFields (pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const strings = (file) => readFileSync(file, 'utf8').split('\0').filter(Boolean)

function send (pid, signal) {
  unlessGone(() => process.kill(pid, signal))
}

/** Processes end while one looks at them, and some may not be looked into. */
function unlessGone (look) {
  try {
    return look()
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) return null
    throw error
  }
}
