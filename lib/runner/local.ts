import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { kill } from 'node:process'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { AppError } from '../errors.ts'
import { collect } from './collect.ts'
import { forbidStart, groupOf } from './identity.ts'
import type { Fingerprint, JobProcess, Runner, RunOptions, RunResult } from './runner.ts'

const KILL_GRACE_MS = 1_000 // SIGTERM to SIGKILL of a read that timed out
const DRAIN_MS = 500 // exit to the last byte; longer only where a daemon kept the pipe
const MAX_BYTES = 64 * 1024 * 1024
const WRAPPER = fileURLToPath(new URL('./run.sh', import.meta.url))

/** Barman beside us: `spawn` without a shell, each process the leader of its own group. */
export class LocalRunner implements Runner {
  readonly #command: string
  readonly #env: Record<string, string>

  constructor (command: string, env: Record<string, string>) {
    this.#command = command.includes('/') ? resolve(command) : command // jobs run in a folder of their own
    this.#env = env
  }

  async run (argv: readonly string[], { timeoutMs, maxBytes = MAX_BYTES, stdoutFile, signal: abort }: RunOptions): Promise<RunResult> {
    const started = performance.now()
    const child = spawn(this.#command, argv, { detached: true, env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] })
    const exit = exitOf(child)
    if (child.pid === undefined) await exit // before its pipes, of which there are none where too many files are open
    let timedOut = false
    let tooLarge = false
    const end = ender(child)
    const onTooLarge = () => { tooLarge = true; end() }
    const saved = stdoutFile === undefined ? undefined : save(child.stdout, stdoutFile)
    saved?.catch(end) // a full disk: what nobody keeps need not be printed
    const stdout = saved ? () => '' : collect(child.stdout, maxBytes, onTooLarge)
    const stderr = collect(child.stderr, maxBytes, onTooLarge)
    const timer = setTimeout(() => { timedOut = true; end() }, timeoutMs)
    abort?.addEventListener('abort', end, { once: true })
    if (abort?.aborted) end()
    try {
      const [exitCode, signal] = await exit
      await Promise.all([saved, drained(child, saved ? timeoutMs : DRAIN_MS)])
      return { exitCode, signal, stdout: stdout(), stderr: stderr(), durationMs: Math.round(performance.now() - started), timedOut, tooLarge }
    } finally {
      clearTimeout(timer)
      abort?.removeEventListener('abort', end)
    }
  }

  async start ({ folder, argv }: JobProcess): Promise<{ readonly ended: Promise<void> }> {
    const child = spawn('/bin/sh', [WRAPPER, folder, this.#command, ...argv], { detached: true, env: this.#env, cwd: '/', stdio: 'ignore' })
    const ended = exitOf(child).then(() => {}, () => {})
    await new Promise((resolve, reject) => { child.once('spawn', resolve); child.once('error', reject) })
    child.unref()
    return { ended }
  }

  async isAlive (folder: string): Promise<boolean> {
    return (await groupOf(folder)) !== null
  }

  forbid (folder: string): Promise<boolean> {
    return forbidStart(folder)
  }

  async kill (folder: string, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    const group = await groupOf(folder)
    return group !== null && signalGroup(group, signal)
  }

  readFile (path: string): Promise<Buffer | null> {
    return readFile(this.#absolute(path)).catch(unreadable)
  }

  readFolder (path: string): Promise<readonly string[] | null> {
    return readdir(this.#absolute(path)).catch(unreadable)
  }

  #absolute (path: string): string {
    return path.startsWith('~/') ? join(this.#env['HOME'] ?? '/', path.slice(2)) : path
  }

  async fingerprint (): Promise<Fingerprint> {
    try {
      const path = await realpath(this.#command)
      const { mtimeMs, size } = await stat(path)
      return { path, mtimeMs, size }
    } catch (cause) {
      throw new AppError('barman-unusable', `There is no program ${this.#command}`, { cause })
    }
  }
}

/** Exit code and signal; rejects with `barman-unusable` when the program cannot be started. */
function exitOf (child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => resolve([code, signal]))
    child.once('error', (cause) => reject(new AppError('barman-unusable', `${child.spawnfile} cannot be started`, { cause })))
  })
}

function save (stream: Readable, file: string): Promise<void> {
  return pipeline(stream, createWriteStream(file, { flags: 'wx', mode: 0o600 }))
}

/** Resolves with the last byte; a daemon that kept the pipe open does not hold us longer than this. */
async function drained (child: ChildProcess, ms: number): Promise<void> {
  if (![child.stdout, child.stderr].some((stream) => stream && !stream.readableEnded && !stream.destroyed)) return
  let timer
  await Promise.race([
    new Promise((resolve) => child.once('close', resolve)),
    new Promise((resolve) => { timer = setTimeout(() => setImmediate(resolve), ms) }) // an immediate, for a busy loop has not read the pipe yet
  ])
  clearTimeout(timer)
  child.stdout?.destroy()
  child.stderr?.destroy()
}

/** Ends the group of a process that has not exited yet, once however often it is called: SIGTERM, and SIGKILL to what is left. */
function ender (child: ChildProcess): () => void {
  let isEnding = false
  return () => {
    const group = child.pid
    if (isEnding || group === undefined || child.exitCode !== null || child.signalCode !== null) return
    isEnding = true
    signalGroup(group, 'SIGTERM')
    setTimeout(() => signalGroup(group, 'SIGKILL'), KILL_GRACE_MS).unref()
  }
}

function signalGroup (group: number, signal: NodeJS.Signals): boolean {
  try {
    kill(-group, signal)
    return true
  } catch {
    return false // ESRCH: it ended by itself
  }
}

/** Null for what is missing, no file or folder, or not ours to read; anything else flies. */
function unreadable (error: NodeJS.ErrnoException): null {
  if (['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM'].includes(error.code ?? '')) return null
  throw error
}
