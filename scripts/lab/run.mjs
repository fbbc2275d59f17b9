import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { asAccount } from './account.mjs'
import { Fault } from './fault.mjs'

/**
 * @typedef {object} Outcome
 * @property {number | null} exitCode
 * @property {string | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {boolean} timedOut
 */

const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Where programs are looked for: root trusts the standard places only, others their own PATH as well. */
export const searchPath = () => process.getuid() === 0 ? STANDARD_PATH : `${process.env.PATH ?? ''}:${STANDARD_PATH}`

/** The full path of a program, or null. */
export function which (name) {
  return searchPath().split(':').filter(Boolean).map((folder) => join(folder, name)).find(isExecutable) ?? null
}

/** Whether the caller may execute the file. */
export function isExecutable (file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Runs a program to its end and collects its words. It has a process group of its own, which is killed when the time is over;
 * with `detached: false` it stays in the caller's, and Ctrl-C reaches it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ who?: object, env?: object, cwd?: string, input?: string | Buffer, timeoutMs?: number, onLine?: (line: string) => void, detached?: boolean }} [options]
 * @returns {Promise<Outcome>}
 */
export function run (command, args, { who, env, cwd, input, timeoutMs = 60_000, onLine, detached = true } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...(who && asAccount(who)), env, cwd, detached, stdio: ['pipe', 'pipe', 'pipe'] })
    const outcome = { exitCode: null, signal: null, stdout: '', stderr: '', timedOut: false }
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { outcome[name] += text })
    if (onLine) forEachLine(child.stdout, onLine)
    const timer = setTimeout(() => {
      outcome.timedOut = true
      process.kill(detached ? -child.pid : child.pid, 'SIGKILL')
    }, timeoutMs)
    child.on('error', (cause) => { clearTimeout(timer); reject(new Fault(`Cannot run ${command}: ${cause.message}.`, { cause })) })
    child.on('close', (exitCode, signal) => { clearTimeout(timer); resolve({ ...outcome, exitCode, signal }) })
    child.stdin.on('error', () => {}).end(input) // a program that does not read its input says so by its exit code
  })
}

/** As `run`, for what must succeed: anything but exit code 0 is a Fault with the program's last words. */
export async function must (command, args, options) {
  const outcome = await run(command, args, options)
  if (outcome.exitCode === 0) return outcome
  const end = outcome.timedOut ? `took longer than ${options?.timeoutMs ?? 60_000} ms` : `ended with ${outcome.exitCode ?? outcome.signal}`
  throw new Fault(`${[command, ...args].join(' ')} ${end}: ${lastWords(outcome)}`)
}

/** Calls back with each whole line of a stream, and with what is left at its end. */
export function forEachLine (stream, onLine) {
  let rest = ''
  stream.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    lines.forEach((line) => onLine(line))
  })
  stream.on('end', () => { if (rest !== '') onLine(rest) })
}

const lastWords = ({ stdout, stderr }) => (stderr.trim() || stdout.trim() || 'it said nothing').split('\n').slice(-5).join(' | ')
