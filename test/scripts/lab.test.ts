import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'

interface Outcome { readonly exitCode: number | null, readonly stdout: string, readonly stderr: string, readonly timedOut: boolean }
interface Server { readonly name: string, remove (): Promise<void> }
interface Lab {
  readonly folder: string
  readonly port: number
  readonly account: { readonly uid: number }
  barman (args: readonly string[], options?: { timeoutMs?: number }): Promise<Outcome>
  mustBarman (args: readonly string[]): Promise<Outcome>
  psql (sql: string): Promise<string>
  addServer (name: string, options?: { kind?: string, ready?: boolean }): Promise<Server>
  processes (): Array<{ readonly program: string }>
  stop (): Promise<void>
}

const scripts = join(projectRoot(), 'scripts', 'lab')
const load = async (name: string) => await import(pathToFileURL(join(scripts, name)).href)
const { createLab, attachLab } = await load('lab.mjs') as {
  createLab (options: { folder: string, log?: (line: string) => void }): Promise<Lab>
  attachLab (file: string): Lab
}
const { whyNot } = await load('open.mjs') as { whyNot (): string | null }
const { processesOf } = await load('processes.mjs') as { processesOf (folder: string, uid: number): unknown[] }
type Tap = { teardown (work: () => unknown): void }

const skip = whyNot() ?? false

t.setTimeout(120_000) // three labs are made in turn, beside whatever else runs

t.test('a lab', { skip }, async (t) => {
  const folder = freshFolder(t)
  const lab = await createLab({ folder })
  t.teardown(() => lab.stop())

  t.test('makes a real backup', async (t) => {
    await lab.mustBarman(['backup', '--wait', 'main'])
    const { stdout } = await lab.mustBarman(['-f', 'json', 'list-backups', 'main'])
    t.match(JSON.parse(stdout).main, [{ status: 'DONE' }])
  })

  t.test('runs nothing as root and hides from other labs', async (t) => {
    t.equal(await lab.psql('SELECT count(*) FROM visits'), '1000')
    t.not(lab.account.uid, 0)
    const programs = new Set(lab.processes().map(({ program }) => program))
    t.ok(programs.has('postgres') && programs.has('pg_receivewal'), [...programs].join(' '))
    t.same(processesOf(folder.slice(0, -1), lab.account.uid), [], 'a folder whose name begins alike is another lab')
  })

  t.test('takes further servers of every kind', async (t) => {
    const { stdout } = await listAfterAdding(lab, ['unreachable', 'silent', 'inactive', 'passive'])
    t.match(JSON.parse(stdout), { 'x-inactive': { description: /\(inactive\)/ }, 'x-passive': { description: /\(Passive\)/ } })
    const unreachable = await lab.barman(['check', 'x-unreachable'])
    t.equal(unreachable.exitCode, 1)
    const silent = await lab.barman(['check', 'x-silent'], { timeoutMs: 1_500 })
    t.ok(silent.timedOut, 'Barman waits for ever for a PostgreSQL that says nothing')
  })

  t.test('lends itself: who is attached takes away only what he brought', async (t) => {
    const guest = attachLab(join(folder, 'lab.json'))
    await guest.addServer('guest', { ready: true })
    t.equal((await lab.barman(['check', 'guest'])).exitCode, 0)
    await guest.stop()
    t.match(await lab.barman(['check', 'guest']), { exitCode: 1, stderr: /Unknown server 'guest'/ })
    t.equal(await lab.psql('SELECT slot_name FROM pg_replication_slots'), 'barman_main')
    t.equal((await lab.barman(['check', 'main'])).exitCode, 0)
  })

  t.test('refuses a folder that is in use', async (t) => {
    await t.rejects(createLab({ folder }), { name: 'Fault', message: /in use by process \d+/ })
    t.ok(existsSync(join(folder, 'lab.json')), 'and leaves it alone')
  })

  t.test('leaves neither a process nor a file behind', async (t) => {
    await lab.stop()
    t.same(lab.processes(), [])
    t.notOk(existsSync(folder))
  })
})

t.test('a lab whose maker was killed is cleared away by the next one', { skip }, async (t) => {
  const folder = freshFolder(t)
  const killed = await killedMaker(folder)
  t.ok(processesOf(folder, killed.uid).length > 3, 'PostgreSQL and the receiver have survived their maker')
  const said: string[] = []
  const lab = await createLab({ folder, log: (line) => said.push(line) })
  t.teardown(() => lab.stop())
  t.match(said[0], /Removed what an earlier run left/)
  t.not(lab.port, killed.port)
  t.equal((await lab.barman(['check', 'main'])).exitCode, 0)
})

t.test('a half-made lab is made anew', { skip }, async (t) => {
  const folder = freshFolder(t)
  mkdirSync(join(folder, 'data'), { recursive: true })
  writeFileSync(join(folder, 'lab.json'), '{ "v": 1, "state": "mak')
  const lab = await createLab({ folder })
  t.equal((await lab.barman(['check', 'main'])).exitCode, 0)
  await lab.stop()
})

t.test('a folder that is not a lab is never touched', { skip }, async (t) => {
  const folder = freshFolder(t)
  mkdirSync(folder)
  writeFileSync(join(folder, 'thesis.txt'), 'years of work')
  await t.rejects(createLab({ folder }), { name: 'Fault', message: /was not made by this program/ })
  t.ok(existsSync(join(folder, 'thesis.txt')))
})

t.test('a folder that the account cannot reach is refused and not left behind', { skip: skip || (process.getuid?.() !== 0 && 'only root hands over to another account') }, async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'barmanapi-test-'))
  t.teardown(() => rmSync(parent, { recursive: true, force: true }))
  await t.rejects(createLab({ folder: join(parent, 'lab') }), { name: 'Fault', message: /account barman cannot enter/ })
  t.notOk(existsSync(join(parent, 'lab')))
})

t.test('a path too long for a socket is refused in one sentence', { skip }, async (t) => {
  await t.rejects(createLab({ folder: `/tmp/${'x'.repeat(100)}` }), { name: 'Fault', message: /too long for a Unix socket/ })
})

function freshFolder (t: Tap): string {
  const parent = mkdtempSync(join(tmpdir(), 'barmanapi-test-'))
  t.teardown(() => rmSync(parent, { recursive: true, force: true }))
  chmodSync(parent, 0o755) // the lab's account passes through
  return join(parent, 'lab')
}

async function listAfterAdding (lab: Lab, kinds: readonly string[]): Promise<Outcome> {
  for (const kind of kinds) await lab.addServer(`x-${kind}`, { kind })
  return await lab.mustBarman(['-f', 'json', 'list-servers'])
}

/** Makes a lab in a process of its own, and kills that one with SIGKILL as soon as the lab is ready. */
async function killedMaker (folder: string): Promise<{ readonly port: number, readonly uid: number }> {
  const program = `
    const { createLab } = await import(${JSON.stringify(pathToFileURL(join(scripts, 'lab.mjs')).href)})
    const lab = await createLab({ folder: process.argv[1] })
    console.log(JSON.stringify({ port: lab.port, uid: lab.account.uid }))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const died = once(child, 'exit').then(() => { throw new Error('the maker died by itself') })
  const [line] = await Promise.race([once(child.stdout, 'data'), died]) as [Buffer]
  child.kill('SIGKILL')
  await died.catch(() => {})
  return JSON.parse(line.toString())
}

/** Tests run from dist/, the scripts lie beside it. */
function projectRoot (): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'scripts', 'lab', 'lab.mjs'))) folder = dirname(folder)
  return folder
}
