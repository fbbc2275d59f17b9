import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asAccount } from './account.mjs'
import { Fault } from './fault.mjs'
import { makeFolder, writeOwned } from './folder.mjs'
import { must } from './run.mjs'
import { until } from './wait.mjs'

const START_MS = 60_000
const STOP_MS = 20_000

/**
 * @typedef {object} Service
 * @property {string} url Without a slash at the end.
 * @property {string} config Its barmanapi.conf.
 * @property {string} store Its store_directory.
 * @property {string} log The file with all it has printed.
 * @property {Promise<Fault>} died Fulfilled when it ends without having been stopped.
 * @property {() => Promise<void>} stop
 */

/**
 * Starts the real service beside a lab, as the lab's account, and returns when it listens.
 * @param {import('./lab.mjs').Lab} lab
 * @param {{ node: string, cli: string, port?: number, users?: { name: string, password: string, scopes?: string }[], targets?: Record<string, string>, log?: (line: string) => void }} options
 *   `port` 0 chooses a free one; `targets` are the named folders that a user without `exec` may restore to.
 * @returns {Promise<Service>}
 */
export async function startService (lab, { node, cli, port = 0, users = [], targets = {}, log = () => {} }) {
  const store = join(lab.folder, 'store')
  const config = join(lab.folder, 'barmanapi.conf')
  makeFolder(store, lab.account)
  writeOwned(config, settings(lab, { store, port, targets }), lab.account)
  const call = (args, input) => must(node, [cli, ...args, '--config', config], { who: lab.account, env: lab.env, cwd: lab.folder, input })
  log('Making secrets and users')
  await call(['init'])
  for (const { name, password, scopes } of users) await call(['user', 'add', name, '--password-stdin', ...(scopes ? ['--scopes', scopes] : [])], `${password}\n`)
  log('Reading what this Barman offers')
  return await listen(lab, { node, args: [cli, 'runserver', '--config', config], config, store })
}

function settings (lab, { store, port, targets }) {
  const sections = Object.entries(targets).map(([name, directory]) => `\n[target ${name}]\ndirectory = ${directory}\n`)
  return `[application]
host = 127.0.0.1
port = ${port}
store_directory = ${store}

[barman]
command = ${lab.command}
config_file = ${lab.config}
${sections.join('')}`
}

async function listen (lab, { node, args, config, store }) {
  const log = join(lab.folder, 'service.log')
  const child = launch(lab, node, args, log)
  let isStopping = false
  const ended = once(child, 'exit').then(([code, signal]) => new Fault(`The service ended with ${code ?? signal}: ${lastLines(log)}`))
  const address = await Promise.race([ended, until('the service listens', () => addressIn(log), { timeoutMs: START_MS, because: () => lastLines(log) })])
  if (address instanceof Fault) throw address
  const stop = async () => {
    isStopping = true
    child.kill('SIGTERM')
    await until('the service has stopped', () => child.exitCode !== null || child.signalCode !== null, { timeoutMs: STOP_MS })
  }
  const died = new Promise((resolve) => { ended.then((fault) => { if (!isStopping) resolve(fault) }) })
  return { url: address, config, store, log, died, stop }
}

/** All it prints goes to a file: it must not end because nobody reads. */
function launch (lab, node, args, log) {
  writeOwned(log, '', lab.account)
  const file = openSync(log, 'a')
  const child = spawn(node, args, { ...asAccount(lab.account), env: lab.env, cwd: lab.folder, detached: true, stdio: ['ignore', file, file] })
  closeSync(file)
  return child
}

/** The service prints one JSON line with its address when it listens. */
function addressIn (log) {
  const line = readFileSync(log, 'utf8').split('\n').find((text) => text.includes('"event":"listening"'))
  return line === undefined ? null : JSON.parse(line).address
}

const lastLines = (log) => readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n')
