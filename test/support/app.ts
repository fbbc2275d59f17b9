import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import type { Test } from 'tap'
import { build } from '../../app.ts'
import { loadConfig } from '../../lib/config/load.ts'
import { groupOf } from '../../lib/runner/identity.ts'
import { openSecrets, openStore, usersFile } from '../../lib/config/store.ts'
import type { Job } from '../../schemas/job.ts'
import type { Problem } from '../../schemas/problem.ts'
import type { Scope } from '../../schemas/user.ts'
import { type RightsChange, UserStore } from '../../lib/users/users.ts'
import { makeStandIn, type StandIn, type Version } from './stand-in.ts'

export interface AppOptions {
  /** barmanapi.conf beside what the helper itself puts there. */
  readonly config?: string
  /** The program instead of a stand-in, and its configuration file. */
  readonly barman?: { readonly command: string, readonly configFile: string }
  readonly version?: Version
  /** Asks the stand-in for its help, as a first start does; else the catalogue is cached already. */
  readonly discover?: true
  /** An earlier app's folder, to start again upon its store. */
  readonly folder?: string
  /** Users to be there from the start; each that comes later costs half a second. */
  readonly users?: Readonly<Record<string, RightsChange>>
  /** The environment of barman instead of the test's own. */
  readonly env?: Readonly<Record<string, string>>
}

/** The service as in production, in front of a stand-in or a real barman. */
export interface TestApp {
  readonly app: FastifyInstance
  readonly folder: string
  /** Only without a `barman` of the test's own. */
  readonly barman: StandIn
  /** Every line logged so far. */
  readonly log: readonly Record<string, unknown>[]
  /** A user with all scopes, `exec` too, unless others are named; and a caller with his token. */
  user (name: string, scopes?: readonly Scope[], rights?: { access?: string[], deny?: string[], servers?: string[] }): Promise<Caller>
  /** Ends the service before the test does; its jobs run on. */
  close (): Promise<void>
  /** The user `boss`, who may do everything. */
  readonly boss: Caller
}

/** Requests of one user, by token. */
export interface Caller {
  readonly token: string
  get (url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  post (url: string, body?: object, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  /** Anything else. */
  send (options: InjectOptions): Promise<LightMyRequestResponse>
  /** The job once it has ended, or after 20 s an error that says how it stands. */
  ended (ticket: string): Promise<Job>
}

const ALL: readonly Scope[] = ['read', 'operate', 'restore', 'destroy', 'config', 'users', 'exec']

/** Builds the app with the options of production; it is closed at the end of the test. */
export async function buildApp (t: Pick<Test, 'teardown' | 'testdir'>, options: AppOptions = {}): Promise<TestApp> {
  const state: { close?: () => Promise<unknown> } = {}
  t.teardown(async () => { // before testdir's own, which would take the store away first
    await state.close?.()
    await noProcessLeft(join(folder, 'store', 'active'))
  })
  const folder = options.folder ?? t.testdir()
  mkdirSync(join(folder, 'barman'), { recursive: true })
  const barman = makeStandIn(join(folder, 'barman'), options.version)
  const file = join(folder, 'barmanapi.conf')
  const { command, configFile } = options.barman ?? { command: barman.command, configFile: '' }
  writeFileSync(file, `${options.config ?? ''}\n[application]\nstore_directory = ${join(folder, 'store')}\nport = 0\n[barman]\ncommand = ${command}\nconfig_file = ${configFile}\n`)
  const config = loadConfig({ file })
  const folders = openStore(config.application.store_directory)
  if (!options.barman && !options.discover) await barman.remember(folders.config)
  const secrets = openSecrets(config, folders)
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => { lines.push(JSON.parse(line) as Record<string, unknown>) } })
  const known = existsSync(usersFile(config)) ? readFileSync(usersFile(config), 'utf8') : ''
  for (const [name, { scopes = ALL, ...rights }] of Object.entries<RightsChange>({ boss: {}, ...options.users })) {
    if (!known.includes(`[${name}]`)) await addUser(usersFile(config), secrets.pepper, name, scopes, rights)
  }
  const app = await build({ config, folders, secrets, log, env: options.env ?? process.env })
  state.close = async () => {
    await noJobLeft(app)
    await app.close()
  }
  const close = async () => {
    delete state.close
    await app.close()
  }
  const user: TestApp['user'] = async (name, scopes = ALL, rights = {}) => {
    if (!app.users.get(name)) await addUser(usersFile(config), secrets.pepper, name, scopes, rights)
    await until(`there is a user ${name}`, () => app.users.get(name))
    const found = app.users.get(name)
    if (!found) throw new Error(`no user ${name}`)
    return caller(app, app.signToken(found).token)
  }
  return { app, folder, barman, log: lines, user, close, boss: await user('boss') }
}

/** A test that leaves a job behind fails. */
async function noJobLeft (app: FastifyInstance): Promise<void> {
  const boss = app.users.get('boss')
  if (!boss) return
  await until('no job is left behind', async () => {
    const pages = await Promise.all((['queued', 'running'] as const).map((state) => app.history.page(boss, { state, limit: 1 })))
    return pages.every(({ jobs }) => jobs.length === 0)
  })
}

/** A job is over for us with its exit record; its wrapper may still write then, as the whole job does where the test closed the service itself. */
async function noProcessLeft (active: string): Promise<void> {
  const names = existsSync(active) ? readdirSync(active, { recursive: true, encoding: 'utf8' }) : []
  for (const name of names.filter((each) => each.endsWith('/identity'))) {
    await until('the process of a job has ended', async () => await groupOf(join(active, dirname(name))) === null)
  }
}

/** As the command line adds one: with hashes that cost next to nothing. */
async function addUser (file: string, pepper: string, name: string, scopes: readonly Scope[], rights: object): Promise<void> {
  const store = await UserStore.open({ file, pepper, log: pino({ enabled: false }), cost: { ln: 4, r: 8, p: 1 } })
  await store.add({ name, password: `password of ${name}`, scopes, ...rights }, { local: true })
  await store.close()
}

/** Asserts that a reply is a problem document of that status and code, and gives it. */
export function problemIn (t: Pick<Test, 'equal' | 'match' | 'ok'>, reply: LightMyRequestResponse, status: number, code: string): Problem & Record<string, unknown> {
  const problem = parse(reply.body)
  t.match({ status: reply.statusCode, type: reply.headers['content-type'], code: problem.code, detail: problem.detail },
    { status, type: /^application\/problem\+json\b/, code, detail: /\w/ }, `${status} ${code}`)
  t.match(problem, { status, title: /\w/, requestId: /^[0-9a-f-]{36}$/ })
  return problem
}

/** An empty problem where the body is no JSON: it then differs from any that is expected. */
function parse (body: string): Problem & Record<string, unknown> {
  try {
    return JSON.parse(body) as Problem & Record<string, unknown>
  } catch {
    return { type: '', title: '', status: 0, detail: body.slice(0, 200), code: '', requestId: '' }
  }
}

type Maybe<T> = T | false | null | undefined

/** Asks until the answer is something true, and returns that; throws when it takes longer than that. */
export async function until<T> (what: string, probe: () => Maybe<T> | Promise<Maybe<T>>, timeoutMs = 20_000): Promise<T> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer) return answer
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function caller (app: FastifyInstance, token: string): Caller {
  const authorization = `Bearer ${token}`
  const send: Caller['send'] = ({ headers, ...options }) => hold(app.inject({ ...options, headers: { authorization, ...headers } }))
  const get: Caller['get'] = (url, headers = {}) => send({ method: 'GET', url, headers })
  return {
    token,
    get,
    post: (url, body = {}, headers = {}) => send({ method: 'POST', url, payload: body, headers }),
    send,
    ended: (ticket) => until(`job ${ticket} ends`, async () => {
      const job = (await get(`/history/${ticket}`)).json<Job>()
      return job.ok === null ? null : job
    })
  }
}

/** Keeps this process alive while it waits, as the listening socket of a service does: jobs alone do not. */
async function hold<T> (work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 60_000)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}
