import type { LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import type { CompiledCommand } from '../../lib/barman/compile.ts'
import type { Parameter } from '../../lib/barman/parameter.ts'
import type { Problem } from '../../schemas/problem.ts'
import { buildApp, type TestApp } from '../support/app.ts'
import { companions, mayPass, wordsFor } from './expectations.ts'
import { JSON_VALUES, TEXTS } from './values.ts'

interface Trial { readonly compiled: CompiledCommand, readonly parameter: Parameter, readonly value: unknown }

const LOCAL = { main: 'main', 'a:b': 'a:b' } // no hostile text is the name of a server
const AT_ONCE = 8

for (const version of ['3.4.0', '3.20.1'] as const) {
  t.test(`over HTTP, every parameter of ${version} and every hostile value at least once`, { timeout: 120_000 }, async (t) => {
    const served = await buildApp(t, { version, config: '[jobs]\nslots = 100\nqueue = 10000\n[application]\nreply_wait = 20' })
    const { list } = served.app.host('default').catalogue
    const parameters = list.flatMap((compiled) => [...compiled.parameters, ...compiled.apiParameters].map((parameter) => ({ compiled, parameter })))
    const byGet = pair(parameters, TEXTS)
    const byPost = pair(parameters.toReversed(), [...TEXTS, ...JSON_VALUES])
    await each(byGet, (trial) => judge(t, served, trial, 'GET'))
    await each(byPost, (trial) => judge(t, served, trial, 'POST'))
    t.ok(byGet.length + byPost.length > 2 * parameters.length, `${byGet.length + byPost.length} requests`)
    proveArgv(t, served, [...byGet, ...byPost])
  })
}

/** Each of both lists at least once, the shorter one again from its start. */
function pair (parameters: ReadonlyArray<Omit<Trial, 'value'>>, values: readonly unknown[]): Trial[] {
  return Array.from({ length: Math.max(parameters.length, values.length) }, (_, index) => ({
    compiled: at(parameters, index).compiled, parameter: at(parameters, index).parameter, value: at(values, index)
  }))
}

function at<T> (list: readonly T[], index: number): T {
  return list[index % list.length] as T // a remainder is an index of it
}

async function each<T> (list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = list.values()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { for (const item of rest) await work(item) }))
}

async function judge (t: Test, served: TestApp, trial: Trial, method: 'GET' | 'POST'): Promise<void> {
  const { compiled: { command }, parameter: { name }, value } = trial
  const reply = await send(served, trial, method)
  const fault = isSecretive(served, reply) ?? (reply.statusCode < 300 ? passFault(trial) : refusalFault(trial, reply))
  if (fault !== null) t.fail(`${method} ${command.name} ${name}`, { value: JSON.stringify(value)?.slice(0, 200), fault, status: reply.statusCode, body: reply.body.slice(0, 500) })
}

function send ({ boss }: TestApp, { compiled, parameter, value }: Trial, method: 'GET' | 'POST'): Promise<LightMyRequestResponse> {
  const others = companions(compiled, parameter)
  const url = `/barman/${compiled.command.name}`
  if (method === 'GET') return boss.get(`${url}?${new URLSearchParams(Object.fromEntries([...others.map(([{ name }, good]) => [name, String(good)]), [parameter.name, String(value)]]))}`)
  return boss.post(url, Object.fromEntries([...others.map(([{ name, type }, good]) => [name, type === 'integer' ? Number(good) : good]), [parameter.name, value]]))
}

/** What no answer may hold, whatever was asked. */
function isSecretive ({ folder, boss }: TestApp, { statusCode, body }: LightMyRequestResponse): string | null {
  if (statusCode >= 500) return 'is the fault of the caller, not of the service'
  if (statusCode >= 300 && (body.includes(folder) || /\bat \S+ \(|node_modules|\.[jt]s:\d/.test(body))) return 'shows the inside of the service'
  return body.includes(boss.token) ? 'shows the token' : null
}

function passFault ({ compiled, parameter, value }: Trial): string | null {
  if (typeof value !== 'string') return null // judged in the cross product, where all of them meet
  if (parameter.type === 'server' && parameter.name === 'server_name') return 'is no server'
  return mayPass(parameter, value) === false ? `passed, as ${wordsFor(compiled, parameter, value).join(' ')}` : null
}

function refusalFault ({ compiled, parameter, value }: Trial, reply: LightMyRequestResponse): string | null {
  if (!/^application\/problem\+json\b/.test(String(reply.headers['content-type']))) return 'is no problem document'
  const { code, errors = [], detail } = reply.json<Problem>()
  const isNamed = errors.some(({ pointer }) => pointer === `/${parameter.name}` || pointer.startsWith(`/${parameter.name}/`))
  const isGood = typeof value === 'string' ? mayPass(parameter, value) !== false : true
  if (!isNamed && !(isGood && ['unsupported-media-type', 'server-busy'].includes(code))) return `does not name the parameter (${code}: ${detail}; ${compiled.command.name})`
  return typeof value === 'string' && value.length > 100 && reply.body.includes(JSON.stringify(value.slice(0, 101)).slice(1, -1)) ? 'repeats more than 100 characters' : null
}

/** No process got a hostile text but as one whole word of a kind that may hold it. */
function proveArgv (t: Test, { barman }: TestApp, trials: readonly Trial[]): void {
  const legal = new Set(trials.filter(({ parameter, value }) => typeof value === 'string' && parameter.name !== 'server_name' && mayPass(parameter, value) !== false)
    .map(({ compiled, parameter, value }) => JSON.stringify(wordsFor(compiled, parameter, parameter.source === 'api' ? '' : String(value)))))
  const hostile = new Set(TEXTS.filter((text) => text.length > 3 && !Object.hasOwn(LOCAL, text)))
  const known = new Set(['--', 'main'])
  const isStrange = (word: string) => !known.has(word) && (hostile.has(word) || hostile.has(word.replace(/^--[a-z-]+=/, '')))
  const strange = barman.calls().filter((words) => words.slice(1).some(isStrange))
  t.ok(strange.length > 0, `${strange.length} processes got free text`) // no text of a test in the name of an assertion: TAP has a grammar of its own
  t.same(strange.filter((words) => !legal.has(JSON.stringify(words))), [])
}
