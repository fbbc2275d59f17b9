import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder, writeOwned } from './folder.mjs'
import { freePort } from './port.mjs'
import { must } from './run.mjs'

/**
 * @typedef {object} Cluster
 * @property {string} bin PostgreSQL's own programs.
 * @property {string} socket The folder of the Unix socket, where the superuser `postgres` needs no password.
 * @property {number} port
 * @property {string} password Of the roles `barman` and `streaming_barman` over TCP.
 */

/** Nothing here survives a power cut, and nothing here has to. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  wal_level: 'replica',
  max_wal_senders: 20,
  max_replication_slots: 20,
  shared_buffers: '16MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off'
}

/** The socket lies in a folder that is closed to others; TCP is not, so it wants a password. */
const ACCESS = `local all,replication all trust
host all,replication all 127.0.0.1/32 scram-sha-256
`

/**
 * Makes and starts a throwaway PostgreSQL with the roles that Barman needs and a table with some rows.
 * @param {{ folder: string, who: object, env: object, bin: string, port?: number }} options
 * @returns {Promise<Cluster>}
 */
export async function createCluster ({ folder, who, env, bin, port }) {
  const cluster = { bin, socket: join(folder, 'run'), port: port ?? await freePort(), password: randomBytes(12).toString('hex') }
  makeFolder(cluster.socket, who)
  const data = join(folder, 'data')
  const call = (program, args) => must(join(bin, program), args, { who, env, cwd: folder })
  await call('initdb', ['--no-sync', '--auth=trust', '--username=postgres', '--locale=C.UTF-8', '--encoding=UTF8', '--no-instructions', `--pgdata=${data}`])
  configure(data, { ...SETTINGS, port: cluster.port, unix_socket_directories: cluster.socket }, who)
  await call('pg_ctl', ['start', '--wait', '--timeout=60', '--silent', `--pgdata=${data}`, `--log=${join(folder, 'postgresql.log')}`])
  await query(cluster, { who, env, cwd: folder }, contents(cluster.password))
  return cluster
}

/** Runs SQL as the superuser and returns what psql prints, unadorned; an SQL error is a Fault. */
export async function query ({ bin, socket, port }, options, sql) {
  const args = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', `--host=${socket}`, `--port=${port}`, '--username=postgres', '--dbname=postgres']
  const { stdout } = await must(join(bin, 'psql'), args, { ...options, input: sql })
  return stdout.trim()
}

function configure (data, settings, who) {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`)
  appendFileSync(join(data, 'postgresql.conf'), lines.join(''))
  writeOwned(join(data, 'pg_hba.conf'), ACCESS, who)
}

/** A superuser, because old Barmans ask a newer PostgreSQL for functions that it has renamed to find out lesser rights. */
const contents = (password) => `
  CREATE ROLE barman LOGIN SUPERUSER PASSWORD '${password}';
  CREATE ROLE streaming_barman LOGIN REPLICATION PASSWORD '${password}';
  CREATE TABLE visits AS SELECT id, now() - id * interval '1 minute' AS at FROM generate_series(1, 1000) AS id;
`
