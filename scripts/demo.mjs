// Shows the service on a real PostgreSQL and a real Barman: npm run demo [-- --once] · see --help.
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { account } from './lab/account.mjs'
import { readCommandLine } from './lab/arguments.mjs'
import { Fault, tell } from './lab/fault.mjs'
import { clearFolder } from './lab/folder.mjs'
import { install } from './lab/install.mjs'
import { createLab } from './lab/lab.mjs'
import { ensurePackages } from './lab/packages.mjs'
import { isFree } from './lab/port.mjs'
import { build, checkNode, installModules, needsModules } from './lab/project.mjs'
import { narrator } from './lab/say.mjs'
import { startService } from './lab/service.mjs'
import { tour } from './lab/tour.mjs'

const PORT = 1935
const FOLDER = join(tmpdir(), 'barmanapi-demo')
const HELP = `Usage: npm run demo [-- OPTIONS]

Makes a throwaway PostgreSQL with a Barman server and the service in front of it, takes a backup, restores it,
and serves until Ctrl-C. As root it installs what is missing, and runs nothing of this as root.

  --once         end after the restore
  --port N       of the service, on 127.0.0.1 (${PORT})
  --folder DIR   where everything lives until the end (${FOLDER})
  --help
`

/** The documented user, for a server that nobody else can reach. */
const USER = { name: 'memin', password: '1258' }
const TARGET = 'demo'

const say = narrator()

/** Until the demo serves, a signal ends it at once, and the lab's guard clears away what there is. */
let interrupted = (code) => process.exit(code)
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) process.on(signal, () => interrupted(code))

try {
  await demo(readArguments())
} catch (error) {
  say.line()
  say.bad(tell(error))
  process.exit(1) // the guard again
}

async function demo ({ port, folder, once }) {
  await prepare(port, folder)
  const lab = await say.step('Making a PostgreSQL with a Barman server', (log) => createLab({ folder, log }))
  const restored = join(folder, 'restored')
  const service = await say.step('Starting the service', (log) => serve(lab, port, restored, log))
  await tour({ url: service.url, user: USER, target: TARGET, restored }, say)
  introduce(service, once)
  if (!once) await stay(service)
  await say.step('Cleaning up', async (log) => {
    log('Stopping the service')
    await service.stop()
    log('Stopping Barman and PostgreSQL')
    await lab.stop()
  })
}

/** What a fresh clone on a fresh machine lacks, the cheapest questions first. */
async function prepare (port, folder) {
  checkNode()
  if (existsSync(folder) && await clearFolder(folder, account())) say.line(`Removed what an earlier run left in ${folder}.`)
  if (!await isFree(port)) throw new Fault(`Port ${port} on 127.0.0.1 is taken; choose another with: npm run demo -- --port N`)
  await say.step('Looking for Barman, PostgreSQL and rsync', (log) => ensurePackages({ log }))
  if (needsModules()) await say.step('Installing npm packages', installModules)
  await say.step('Building', () => build())
}

async function serve (lab, port, restored, log) {
  const who = account()
  if (who.switched) log(`Copying it to where ${who.name} can read it`)
  const { node, cli } = await install(lab.folder, who)
  return await startService(lab, { node, cli, port, users: [USER], targets: { [TARGET]: restored }, log })
}

/** Where to go from here. */
function introduce ({ url }, once) {
  say.heading(once ? 'Without --once it would be yours' : 'Now it is yours')
  say.line(`Swagger UI  ${url}/docs\nUser        ${USER.name}, password ${USER.password}\nStop        Ctrl-C, which removes everything again`)
}

/** Serves until a signal comes, or says why the service ended by itself. */
async function stay (service) {
  const signal = new Promise((resolve) => { interrupted = resolve })
  const end = await Promise.race([signal, service.died])
  if (end instanceof Fault) throw end
  say.line()
}

function readArguments () {
  const { values } = readCommandLine(HELP, { once: { type: 'boolean' }, port: { type: 'string' }, folder: { type: 'string' } })
  const port = Number(values.port ?? PORT)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Fault('--port wants a number from 1 to 65535.')
  return { port, folder: resolve(values.folder ?? FOLDER), once: Boolean(values.once) }
}
