import closeWithGrace from 'close-with-grace'
import { build } from './app.ts'
import { hasKnownSecret, openSecrets, openStore } from './lib/config/store.ts'
import type { Config } from './lib/config/schema.ts'
import { StartError } from './lib/errors.ts'
import { openLog } from './lib/log.ts'

const CLOSE_MS = 15_000 // requests in flight may end; jobs run on by themselves
const SWEEP_MS = 50 // a connection whose last reply was in flight stays open until its client or we close it

/** Listens until a signal comes, and prints one JSON line with the address. Throws a StartError when it may or can not. */
export async function runServer (config: Config): Promise<void> {
  const folders = openStore(config.application.store_directory)
  const secrets = openSecrets(config, folders)
  const log = openLog(config, folders.logs)
  const app = await build({ config, folders, secrets, log, env: process.env })
  process.on('SIGHUP', () => {}) // a terminal that closes ends nothing; without a listener it would
  closeWithGrace({ delay: CLOSE_MS, skip: ['SIGHUP'], logger: { error: (err: unknown) => log.error({ err }, 'stopped hard') } }, async ({ signal, err }) => {
    if (err) log.error({ err }, 'stopped by an error')
    else log.info({ signal }, 'stopping')
    app.jobs.close() // first, for replies that wait for a job would hold us up
    const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
    await app.close()
    clearInterval(sweep)
  })
  const { host, port } = config.application
  if (!isLoopback(host) && (hasKnownSecret(secrets) || await app.users.hasKnownDefault())) {
    throw new StartError(`The documented default password or secret is in use: change it, or listen on 127.0.0.1 instead of ${host}`)
  }
  const address = await app.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => { throw listenError(host, port, cause) })
  process.stdout.write(JSON.stringify({ event: 'listening', address, pid: process.pid, barman: app.hosts.get('default')?.catalogue.version }) + '\n')
}

function listenError (host: string, port: number, cause: NodeJS.ErrnoException): Error {
  switch (cause.code) {
    case 'EADDRINUSE': return new StartError(`Port ${port} on ${host} is taken; choose another with [application] port`, { cause })
    case 'EACCES': return new StartError(`This account may not listen on port ${port}; choose one above 1023 with [application] port`, { cause })
    case 'EADDRNOTAVAIL': case 'ENOTFOUND': case 'EAI_AGAIN': case 'EINVAL': return new StartError(`${host} is no address of this machine; choose another with [application] host`, { cause })
    default: return cause
  }
}

function isLoopback (host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
