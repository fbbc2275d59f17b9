import { spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { asAccount } from './account.mjs'
import { Fault } from './fault.mjs'
import { writeOwned } from './folder.mjs'
import { freePort, silentPort } from './port.mjs'
import { until } from './wait.mjs'

/** What a further server of the lab is like. */
export const KINDS = ['streaming', 'unreachable', 'silent', 'inactive', 'passive']

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {string} file Its configuration.
 * @property {() => Promise<void>} remove Takes it out of the lab, with its receiver, slot and backups.
 * @property {() => Promise<void>} close Ends only what lives in this process; the lab's own stop does the rest.
 */

/**
 * Writes a server into the lab's configuration. `streaming` backs up the lab's own PostgreSQL through a slot of its own;
 * `unreachable` has a port where nobody listens, `silent` one that accepts and never answers; `inactive` and `passive` are Barman's words.
 * @param {import('./lab.mjs').Lab} lab
 * @param {string} name
 * @param {{ kind?: string, set?: Record<string, string | number> }} [options] `set` adds keys, or replaces them.
 * @returns {Promise<Server>}
 */
export async function addServer (lab, name, { kind = 'streaming', set = {} } = {}) {
  const file = join(lab.servers, `${name}.conf`)
  if (existsSync(file)) throw new Fault(`The lab has a server '${name}' already.`)
  const { port, stop: close } = await portFor(kind, lab)
  writeOwned(file, section(name, { ...keys(lab, name, port), ...PECULIAR[kind], ...set }), lab.account)
  return {
    name,
    file,
    close,
    remove: async () => {
      if (kind === 'streaming') await quiet(lab, name)
      rmSync(file, { force: true })
      rmSync(join(lab.home, name), { recursive: true, force: true })
      await close()
    }
  }
}

/** Makes the slot of a streaming server, starts its receiver, and returns when `barman check` finds nothing wrong. */
export async function makeReady (lab, name) {
  await lab.mustBarman(['receive-wal', '--create-slot', name])
  receive(lab, name)
  await until(`WAL of '${name}' is streamed`, () => lab.psql(`SELECT 1 FROM pg_replication_slots WHERE slot_name = '${slotOf(name)}' AND active`))
  await lab.psql(`${NEW_WAL}; SELECT pg_switch_wal(); ${NEW_WAL}`)
  await until(`the first WAL segment of '${name}' has come`, () => hasSegment(lab, name))
  await lab.mustBarman(['archive-wal', name])
  let failed = ''
  await until(`barman check ${name} is content`, async () => {
    const { exitCode, stdout, stderr } = await lab.barman(['check', name])
    failed = (stdout + stderr).split('\n').filter((line) => /FAILED|ERROR|EXCEPTION/.test(line)).join(' | ')
    return exitCode === 0
  }, { timeoutMs: 60_000, because: () => failed })
}

/** Anything that writes to WAL: nothing new, nothing to switch. */
const NEW_WAL = "SELECT pg_create_restore_point('barmanapi')"

const PECULIAR = {
  inactive: { active: 'off' },
  passive: { primary_ssh_command: 'ssh -o BatchMode=yes -o ConnectTimeout=2 127.0.0.1' }
}

async function portFor (kind, lab) {
  if (!KINDS.includes(kind)) throw new Fault(`A lab knows servers that are ${KINDS.join(', ')}; not '${kind}'.`)
  if (kind === 'silent') return await silentPort()
  return { port: kind === 'unreachable' ? await freePort() : lab.port, stop: async () => {} }
}

function keys (lab, name, port) {
  const conninfo = (user) => `host=127.0.0.1 port=${port} dbname=postgres user=${user} password=${lab.password}`
  return {
    description: `The throwaway PostgreSQL of ${name}`,
    conninfo: conninfo('barman'),
    streaming_conninfo: conninfo('streaming_barman'),
    backup_method: 'postgres',
    immediate_checkpoint: 'true',
    streaming_archiver: 'on',
    archiver: 'off',
    slot_name: slotOf(name),
    path_prefix: lab.bin
  }
}

const section = (name, values) => `[${name}]\n${Object.entries(values).map(([key, value]) => `${key} = ${value}\n`).join('')}`

/** PostgreSQL allows lower case letters, digits and the underscore. */
const slotOf = (name) => `barman_${name.toLowerCase().replace(/[^a-z0-9]/g, '_')}`

/** Whether the receiver has completed a WAL segment: Barman takes it only when the next one, still `.partial`, is there too. */
function hasSegment (lab, name) {
  const folder = join(lab.home, name, 'streaming')
  const files = existsSync(folder) ? readdirSync(folder) : []
  return files.some((file) => /^[0-9A-F]{24}$/.test(file)) && files.some((file) => file.endsWith('.partial'))
}

/** As `barman cron` starts it: a session of its own, no terminal. It outlives its caller and ends with the lab or the server. */
function receive (lab, name) {
  const options = { ...asAccount(lab.account), env: lab.env, cwd: lab.folder, detached: true, stdio: 'ignore' }
  spawn(lab.command, ['-c', lab.config, '-q', 'receive-wal', name], options).unref()
}

/** Ends the receiver of a server and drops its slot; one that was never made ready has neither. */
async function quiet (lab, name) {
  const slot = `pg_replication_slots WHERE slot_name = '${slotOf(name)}'`
  for (const { pid, words } of lab.processes()) if (words.includes('receive-wal') && words.at(-1) === name) process.kill(pid, 'SIGINT')
  await until(`nobody streams WAL of '${name}'`, async () => await lab.psql(`SELECT 1 FROM ${slot} AND active`) === '')
  await lab.psql(`SELECT pg_drop_replication_slot(slot_name) FROM ${slot}`)
}
