import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import { FileStore } from '../../../lib/jobs/file-store.ts'
import type { JobRecord } from '../../../lib/jobs/record.ts'
import { JobRegistry, type RegistryOptions } from '../../../lib/jobs/registry.ts'
import type { ExitRecord, Output } from '../../../lib/jobs/store.ts'
import { newTicket } from '../../../lib/jobs/ticket.ts'
import type { Verdict } from '../../../lib/jobs/verdict.ts'
import { barmanEnvironment } from '../../../lib/runner/environment.ts'
import { readIdentity } from '../../../lib/runner/identity.ts'
import { LocalRunner } from '../../../lib/runner/local.ts'
import { end } from '../runner/support.ts'

export const runner = new LocalRunner('/bin/sh', barmanEnvironment(process.env))

/** A folder of its own, whose jobs are ended and which is gone after the test. */
export function folder (t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'barmanapi-jobs-'))
  t.teardown(async () => {
    await endAll(path)
    rmSync(path, { recursive: true, force: true })
  })
  return path
}

async function endAll (path: string): Promise<void> {
  for (const name of readdirSync(path, { recursive: true })) {
    if (!/(^|\/)identity$/.test(String(name))) continue
    const identity = await readIdentity(join(path, String(name), '..'))
    if (identity && await runner.isAlive(join(path, String(name), '..'))) end(identity.pid)
  }
}

/** What a test sees of a service: its registry, its store on disk, what it logged. */
export interface Bench {
  readonly registry: JobRegistry
  readonly store: FileStore
  readonly logged: ReadonlyArray<{ readonly level: number, readonly msg: string, readonly ticket?: string }>
}

/** Opens a registry as a service does at its start; upon the same folder it is the next one's. */
export async function open (t: Test, path: string, options: Partial<RegistryOptions> = {}): Promise<Bench> {
  const active = join(path, 'active')
  mkdirSync(active, { recursive: true })
  const store = new FileStore(active)
  const logged: Array<{ level: number, msg: string, ticket?: string }> = []
  const log = pino({}, { write: (line: string) => { logged.push(JSON.parse(line)) } })
  const registry = await JobRegistry.open({ store, runnerOf: () => runner, judge, log, slots: 4, queue: 100, graceMs: 200, ...options })
  const beat = setInterval(() => {}, 60_000) // jobs hold no process open; in a service the listening socket does
  t.teardown(() => {
    clearInterval(beat)
    registry.close()
  })
  return { registry, store, logged }
}

/** Exit 0 is a success here; what Barman says of it is the subject of judge.test.ts. */
async function judge (_: JobRecord, { exitCode }: ExitRecord, { stdout }: Output): Promise<Verdict> {
  return { state: exitCode === 0 ? 'succeeded' : 'failed', reason: exitCode === 0 ? null : 'barman-failed', result: stdout, errors: [], warnings: [] }
}

/** A job that runs a script of `sh`. */
export function job (script: string, changes: Partial<JobRecord> = {}): JobRecord {
  return {
    v: 1,
    ticket: newTicket(),
    kind: 'command',
    host: 'default',
    command: 'backup',
    names: ['backup'],
    parameters: {},
    servers: ['main'],
    argv: ['-c', script],
    format: 'console',
    holds: [],
    excludes: [],
    waitsFor: [],
    slot: 'short',
    user: 'boss',
    scopes: ['operate'],
    requestId: '0',
    state: 'queued',
    reason: null,
    exitCode: null,
    result: null,
    errors: [],
    warnings: [],
    createdAt: new Date().toISOString(),
    startedAt: null,
    finishedAt: null,
    intent: null,
    timeoutS: null,
    jobs: null,
    batch: null,
    ...changes
  }
}

/** A batch of jobs, one a script. */
export function batch (scripts: readonly string[], changes: Partial<JobRecord> = {}): { head: JobRecord, jobs: JobRecord[] } {
  const ticket = newTicket()
  const jobs = scripts.map((script) => job(script, { ...changes, batch: ticket }))
  return { head: job('', { ticket, kind: 'batch', argv: [], jobs: jobs.map(({ ticket }) => ticket) }), jobs }
}

/** Lanes of a command that changes a server. */
export function lane (name: string): Pick<JobRecord, 'holds' | 'excludes'> {
  return { holds: [name], excludes: [name] }
}

/** What a file of a job holds; empty where there is none. */
export function read (store: FileStore, ticket: string, name: string): string {
  try {
    return readFileSync(join(store.folder(ticket), name), 'utf8')
  } catch {
    return ''
  }
}

/** A script that runs until `let go`. */
export function waitFor (file: string): string {
  return `while ! [ -e '${file}' ]; do sleep 0.02; done`
}
