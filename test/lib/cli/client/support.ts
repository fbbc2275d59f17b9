import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { until } from '../../runner/support.ts'
import { asker, type Ask, barmanapi, CLI, makeSite, serve, type Server, type Site, tokenOf } from '../support.ts'

export interface Client {
  readonly child: ChildProcessWithoutNullStreams
  /** Exit code or signal. */
  readonly ended: Promise<number | string | null>
  stdout (): string
  stderr (): string
  /** Waits until it has shown this. */
  shows (text: string | RegExp): Promise<void>
}

type Env = Readonly<Record<string, string>>

/** The client as a program, away from any terminal and any profile. */
export function startClient (t: Test, args: readonly string[], env: Env): Client {
  const child = spawn(process.execPath, [CLI, ...args], { env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  child.stdin.end()
  const seen = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) child[stream].setEncoding('utf8').on('data', (text: string) => { seen[stream] += text })
  const ended = new Promise<number | string | null>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  return {
    child,
    ended,
    stdout: () => seen.stdout,
    stderr: () => seen.stderr,
    shows: (text) => until(() => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${seen.stdout}${seen.stderr}`)
      return typeof text === 'string' ? (seen.stdout + seen.stderr).includes(text) : text.test(seen.stdout + seen.stderr)
    })
  }
}

export interface Place extends Site {
  readonly server: Server
  readonly token: string
  readonly password: string
  /** Address and token, as the environment says them. */
  readonly env: Env
  readonly ask: Ask
  /** Runs the client to its end. */
  run (args: readonly string[], env?: Env): Promise<{ code: number | string | null, stdout: string, stderr: string }>
  /** Starts the service again at the same address. */
  again (): Promise<Server>
}

/** A service as a program, in front of a stand-in, and the token of a user who may do everything but `exec`. */
export async function makePlace (t: Test, config = ''): Promise<Place> {
  const site = await makeSite(t, config)
  const password = /^Password: (.+)$/m.exec((await barmanapi(['init', '--user', 'boss', '--config', site.file])).stdout)?.[1] ?? ''
  const server = await serve(t, site.file)
  const token = await tokenOf(server.address, 'boss', password)
  const env = { BARMANAPI_URL: server.address, BARMANAPI_TOKEN: token }
  return {
    ...site,
    server,
    token,
    password,
    env,
    ask: asker(server.address, token),
    run: async (args, more = {}) => {
      const client = startClient(t, args, { ...env, ...more })
      return { code: await client.ended, stdout: client.stdout(), stderr: client.stderr() }
    },
    again: () => serve(t, site.file, { BARMANAPI_APPLICATION_PORT: new URL(server.address).port })
  }
}

/** What a line in between does with the bytes of the service; by default it passes them on. */
export type OnReply = (chunk: Buffer, request: string, pair: { readonly client: Socket, readonly service: Socket }) => void

/** A line between client and service that may drop connections; gives its address. */
export async function makeLine (t: Test, address: string, onReply: OnReply): Promise<string> {
  const sockets = new Set<Socket>()
  const line = createServer((client) => {
    const service = connect(Number(new URL(address).port), '127.0.0.1')
    for (const socket of [client, service]) sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    let request = ''
    client.on('data', (chunk) => {
      request = String(chunk)
      service.write(chunk)
    })
    service.on('data', (chunk: Buffer) => onReply(chunk, request, { client, service }))
    client.on('close', () => service.destroy())
    service.on('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(line, 'listening')
  t.teardown(() => {
    line.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(line.address() as AddressInfo).port}` // a TCP server that listens
}

/** The client on a terminal of its own: at each sight the answer is typed. Gives exit code and everything seen. */
export async function onTerminal (args: readonly string[], env: Env, steps: ReadonlyArray<readonly [sight: string, typed: string]>): Promise<{ code: number, seen: string }> {
  const words = [TERMINAL, JSON.stringify(steps), process.execPath, CLI, ...args]
  const { stdout } = await promisify(execFile)('python3', words, { env: { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'xterm', ...env }, timeout: 60_000 })
  return JSON.parse(stdout) as { code: number, seen: string }
}

const TERMINAL = fileURLToPath(new URL('./terminal.py', import.meta.url))
