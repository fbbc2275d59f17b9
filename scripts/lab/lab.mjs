import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { account } from './account.mjs'
import { createCluster, query } from './cluster.mjs'
import { Fault } from './fault.mjs'
import { claimFolder, describe, makeFolder, removeLab, self, writeOwned } from './folder.mjs'
import { postgresBin } from './packages.mjs'
import { MARK, killProcesses, processesOf } from './processes.mjs'
import { must, run, searchPath, which } from './run.mjs'
import { addServer, makeReady } from './servers.mjs'

/**
 * A throwaway PostgreSQL and a Barman that backs it up, in one folder, run by one account.
 * @typedef {object} Lab
 * @property {string} folder
 * @property {string} config The main configuration file of Barman, for `barman -c`.
 * @property {string} servers The folder of the servers' configuration files.
 * @property {string} home `barman_home`.
 * @property {string} log Barman's own log.
 * @property {string} command The `barman` that is used.
 * @property {string} bin PostgreSQL's own programs.
 * @property {string} socket The folder of PostgreSQL's Unix socket.
 * @property {number} port PostgreSQL's port on 127.0.0.1.
 * @property {string} password In every conninfo: what must never be seen in a reply or a log.
 * @property {import('./account.mjs').Account} account
 * @property {Record<string, string>} env The environment of every process of the lab.
 * @property {(args: string[], options?: object) => Promise<import('./run.mjs').Outcome>} barman Runs Barman, whatever its exit code.
 * @property {(args: string[], options?: object) => Promise<import('./run.mjs').Outcome>} mustBarman Runs Barman, which has to exit 0.
 * @property {(sql: string) => Promise<string>} psql Runs SQL as the superuser.
 * @property {(name: string, options?: { kind?: string, set?: object, ready?: boolean }) => Promise<import('./servers.mjs').Server>} addServer
 * @property {() => { pid: number, program: string, words: string[] }[]} processes What lives of it at this moment.
 * @property {() => Promise<void>} stop Ends every process, proves it, and removes the folder; an attached lab loses only what was added through it.
 */

/**
 * Makes a lab with the server `main`, ready for backups. Barman versions never share one: each has a lab of its own.
 * @param {{ folder: string, port?: number, barman?: string, log?: (line: string) => void }} options
 *   `port` of PostgreSQL, a free one by default; `barman` is the program to use.
 * @returns {Promise<Lab>}
 */
export async function createLab ({ folder, port, barman, log = () => {} }) {
  const who = account()
  const tools = { command: barman ?? which('barman'), bin: postgresBin() }
  if (tools.command === null || tools.bin === null) throw new Fault(`A lab needs ${tools.command === null ? 'Barman' : 'a PostgreSQL server'}, and there is none on this machine.`)
  const { cleaned } = await claimFolder(folder, who)
  if (cleaned) log(`Removed what an earlier run left in ${folder}`)
  const end = guard(folder, who)
  try {
    return await furnish({ folder, port, who, ...tools, log, end })
  } catch (error) {
    await end()
    throw error
  }
}

/**
 * Attaches to a lab that another process made and will stop.
 * @param {string} file Its `lab.json`.
 * @returns {Lab}
 */
export function attachLab (file) {
  const { v, state, owner, ...description } = JSON.parse(readFileSync(file, 'utf8'))
  if (state !== 'ready') throw new Fault(`The lab in ${dirname(file)} is not ready.`)
  return handle(description, null)
}

async function furnish ({ folder, port, who, command, bin, log, end }) {
  const env = environment(folder, who, bin)
  log('Starting PostgreSQL')
  const cluster = await createCluster({ folder, who, env, bin, port })
  const paths = { folder, config: join(folder, 'barman.conf'), servers: join(folder, 'barman.d'), home: join(folder, 'barman'), log: join(folder, 'barman.log') }
  const description = { ...paths, ...cluster, command, account: who, env }
  makeFolder(paths.servers, who)
  makeFolder(paths.home, who)
  writeOwned(paths.config, mainFile(description), who)
  const lab = handle(description, end)
  log('Preparing the Barman server main')
  await lab.addServer('main', { ready: true })
  describe(folder, who, { state: 'ready', owner: self(), ...description })
  return lab
}

/** The methods over the plain description of a lab; `end` is how its maker ends it, null for whoever is only attached. */
function handle (description, end) {
  const { folder, account: who, env, command, config } = description
  const added = []
  const options = { who, env, cwd: folder }
  const lab = {
    ...description,
    barman: (args, more) => run(command, ['-c', config, ...args], { ...options, ...more }),
    mustBarman: (args, more) => must(command, ['-c', config, ...args], { ...options, ...more }),
    psql: (sql) => query(description, options, sql),
    processes: () => processesOf(folder, who.uid),
    addServer: async (name, { ready = false, ...more } = {}) => {
      const server = await addServer(lab, name, more)
      added.push(server)
      if (ready) await makeReady(lab, name)
      return server
    },
    stop: async () => {
      for (const server of added.splice(0)) await (end === null ? server.remove() : server.close())
      await end?.()
    }
  }
  return lab
}

/** Should this process end without having stopped its lab, nothing of it may stay alive. */
function guard (folder, who) {
  const kill = () => {
    killProcesses(folder, who.uid)
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  process.once('exit', kill)
  return async () => {
    await removeLab(folder, who)
    process.off('exit', kill)
  }
}

/** Nothing of the caller's but where programs are: no PG* variable, no private .barman.conf or .pgpass may change what happens. */
const environment = (folder, who, bin) => ({
  PATH: `${bin}:${searchPath()}`, HOME: folder, USER: who.name, LOGNAME: who.name, LANG: 'C.UTF-8', [MARK]: folder
})

const mainFile = ({ account: who, home, log, servers }) => `[barman]
barman_user = ${who.name}
barman_home = ${home}
log_file = ${log}
log_level = INFO
configuration_files_directory = ${servers}
`
