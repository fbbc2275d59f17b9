import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

export const WRAPPER = fileURLToPath(new URL('../../../lib/runner/run.sh', import.meta.url))

/** A folder of its own, gone after the test. */
export function folder (t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'barmanapi-runner-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Waits for a state, with a bound. */
export async function until (claim: () => unknown, boundMs = 10_000): Promise<void> {
  const end = performance.now() + boundMs
  while (!await claim()) {
    if (performance.now() > end) throw new Error(`not reached in ${boundMs} ms: ${String(claim)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A shell that may run the wrapper, and the words that start it so. */
export interface Shell { readonly name: string, readonly words: readonly string[] }

export const SHELLS: readonly Shell[] = [
  { name: 'dash', words: ['dash'] },
  { name: 'bash', words: ['bash', '--posix'] },
  { name: 'busybox', words: ['busybox', 'ash'] }
]

/** Where a program of that name is installed. */
export function pathOf (program: string): string | undefined {
  return program.includes('/') ? program : (process.env['PATH'] ?? '').split(':').map((path) => join(path, program)).find((file) => existsSync(file))
}

export interface Wrapped {
  readonly child: ChildProcess
  readonly folder: string
  readonly pid: number
  /** Exit code or signal of the wrapper. */
  readonly ended: Promise<number | string>
  /** A file of the job's folder; empty where there is none. */
  read (name: string): string
  /** Code of the exit record; null where there is none. */
  recorded (): number | null
}

/** Starts the wrapper on a job's folder, in a session of its own, which is ended with the test. */
export function wrap (t: Test, job: string, program: readonly string[], shell: readonly string[] = ['sh'], env = process.env): Wrapped {
  mkdirSync(job, { recursive: true })
  const [command = 'sh', ...words] = shell
  const child = spawn(pathOf(command) ?? command, [...words, WRAPPER, job, ...program], { detached: true, stdio: 'ignore', env })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} cannot be started`)
  t.teardown(() => end(pid))
  const read = (name: string) => readText(join(job, name))
  return {
    child,
    folder: job,
    pid,
    ended: once(child, 'exit').then(([code, signal]) => code ?? signal), // what node:child_process emits
    read,
    recorded: () => { const code = /^(\d+) \d{10} *\n$/.exec(read('exit'))?.[1]; return code === undefined ? null : Number(code) }
  }
}

/** The living processes of a group, zombies left out. */
export function membersOf (group: number): number[] {
  return readdir('/proc').filter((name) => /^\d+$/.test(name)).filter((name) => {
    const text = readText(`/proc/${name}/stat`)
    const [state, , found] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return Number(found) === group && state !== 'Z'
  }).map(Number)
}

/** True while a process lives, not as a zombie. */
export function lives (pid: number): boolean {
  const text = readText(`/proc/${pid}/stat`)
  return text !== '' && !/^[ZX]/.test(text.slice(text.lastIndexOf(')') + 2))
}

/** Ends a group or process that may be gone already. */
export function end (group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {} // gone
}

export function readText (file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // not there, or not any more
  }
}

function readdir (path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
