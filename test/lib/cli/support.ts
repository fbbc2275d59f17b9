import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { makeStandIn, type StandIn } from '../../support/stand-in.ts'

export const CLI = fileURLToPath(new URL('../../../cli.js', import.meta.url))

export interface Outcome { readonly code: number | string | null, readonly stdout: string, readonly stderr: string }

/** Runs the command line to its end, as a program. */
export async function barmanapi (args: readonly string[], { input = '', env = {} }: { input?: string, env?: Record<string, string> } = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env }, timeout: 60_000 })
  child.stdin.on('error', () => {}) // it did not want any
  child.stdin.end(input)
  const ended = new Promise<number | string | null>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

export interface Site {
  readonly folder: string
  readonly file: string
  readonly store: string
  readonly barman: StandIn
}

/** A configuration in a folder of its own, with a stand-in whose catalogue is cached. */
export async function makeSite (t: Test, config = ''): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'barmanapi-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'barman'))
  const barman = makeStandIn(join(folder, 'barman'))
  const store = join(folder, 'store')
  mkdirSync(join(store, 'config'), { recursive: true })
  await barman.remember(join(store, 'config'))
  const file = join(folder, 'barmanapi.conf')
  writeFileSync(file, `${config}\n[application]\nstore_directory = ${store}\nport = 0\n[barman]\ncommand = ${barman.command}\n`)
  return { folder, file, store, barman }
}

export interface Server {
  readonly pid: number
  readonly address: string
  /** What it printed when it listened. */
  readonly hello: Record<string, unknown>
  /** Exit code or signal. */
  readonly ended: Promise<number | string | null>
  output (): string
  kill (signal: NodeJS.Signals): void
}

/** Starts the service as a program; resolves when it listens, or rejects with what it said instead. */
export async function serve (t: Test, file: string, env: Record<string, string> = {}, program = CLI): Promise<Server> {
  const child = spawn(process.execPath, [program, 'runserver', '--config', file], { cwd: '/', env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  const ended = new Promise<number | string | null>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
  const hello = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      output += String(chunk)
      const line = output.split('\n').slice(0, -1).find((each) => each.startsWith('{"event":"listening"'))
      if (line !== undefined) resolve(JSON.parse(line) as Record<string, unknown>)
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    ended.then((code) => reject(new Error(`it ended with ${code}: ${output}`)))
  })
  return { pid: child.pid ?? NaN, address: String(hello['address']), hello, ended, output: () => output, kill: (signal) => { child.kill(signal) } }
}

/** A request and its answer: a POST where it has a body. */
export type Ask = (path: string, body?: object) => Promise<{ status: number, body: Record<string, unknown> }>

export async function login (address: string, user: string, password: string): Promise<Ask> {
  return asker(address, await tokenOf(address, user, password))
}

/** A token; it outlives the service that gave it. */
export async function tokenOf (address: string, user: string, password: string): Promise<string> {
  const basic = Buffer.from(`${user}:${password}`).toString('base64')
  const reply = await fetch(`${address}/auth/token`, { headers: { authorization: `Basic ${basic}` } })
  return (await reply.json() as { token: string }).token
}

export function asker (address: string, token: string): Ask {
  return async (path, body) => {
    const sent = await fetch(`${address}${path}`, {
      headers: { authorization: `Bearer ${token}`, ...body ? { 'content-type': 'application/json' } : {} },
      ...body ? { method: 'POST', body: JSON.stringify(body) } : {}
    })
    return { status: sent.status, body: await sent.json() as Record<string, unknown> }
  }
}
