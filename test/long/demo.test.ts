import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'

interface Ended { readonly code: number | null, readonly output: string }
interface Demo { readonly child: ChildProcess, readonly ended: Promise<Ended>, says (text: string): Promise<void> }

const root = projectRoot()
const { whyNot } = await import(pathToFileURL(join(root, 'scripts', 'lab', 'open.mjs')).href) as { whyNot (): string | null }
const skip = whyNot() ?? false
const parent = mkdtempSync(join(tmpdir(), 'barmanapi-test-'))
chmodSync(parent, 0o755) // the demo's account passes through
const folder = join(parent, 'demo')
t.teardown(() => rmSync(parent, { recursive: true, force: true }))
t.setTimeout(300_000) // three demos in turn, a build before each

t.test('once: a token, a backup, a restore, and nothing is left', { skip }, async (t) => {
  const { code, output } = await start(['--once', '--port', String(await freePort()), '--folder', folder]).ended
  t.match({ code, output }, { code: 0 })
  t.match(output, /"expires_at": "\d{4}-/)
  t.match(output, /202, Location: \/history\/[0-9a-f-]{36}/)
  t.match(output, /✓ backup succeeded/)
  t.match(output, /"status": "DONE"/)
  t.match(output, /✓ (recover|restore) succeeded/)
  t.match(output, /PG_VERSION\n\d+\n/)
  t.notOk(existsSync(folder))
})

t.test('serves until it is interrupted, and cleans up', { skip }, async (t) => {
  const port = await freePort()
  const demo = start(['--port', String(port), '--folder', folder])
  await demo.says('Ctrl-C')
  const login = await fetch(`http://127.0.0.1:${port}/auth/token`, { headers: { authorization: `Basic ${btoa('memin:1258')}` } })
  t.equal(login.status, 200)
  t.equal((await fetch(`http://127.0.0.1:${port}/docs`)).status, 200)
  demo.child.kill('SIGINT')
  const { code, output } = await demo.ended
  t.match({ code, output }, { code: 0 })
  t.notOk(existsSync(folder))
  await t.rejects(fetch(`http://127.0.0.1:${port}/health/live`), 'nobody listens any more')
})

t.test('a run that was killed is cleared away by the next one, on the same port', { skip }, async (t) => {
  const port = String(await freePort())
  const killed = start(['--port', port, '--folder', folder])
  await killed.says('Ctrl-C')
  killed.child.kill('SIGKILL')
  await killed.ended
  const { code, output } = await start(['--once', '--port', port, '--folder', folder]).ended
  t.match({ code, output }, { code: 0 })
  t.match(output, /Removed what an earlier run left/)
})

t.test('a taken port is one clear sentence', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const port = (taken.address() as { port: number }).port // an object for TCP
  const { code, output } = await start(['--once', '--port', String(port), '--folder', folder]).ended
  t.match({ code, output: output.trim() }, { code: 1, output: new RegExp(`^✗ Port ${port} on 127.0.0.1 is taken; choose another[^\n]*$`) })
  t.notOk(existsSync(folder))
})

function start (args: readonly string[]): Demo {
  const child = spawn(process.execPath, [join(root, 'scripts', 'demo.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGTERM'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  const ended = once(child, 'close').then(([code]: Array<number | null>) => ({ code: code ?? null, output }))
  const says = async (text: string): Promise<void> => {
    while (!output.includes(text)) await Promise.race([once(child.stdout, 'data'), ended.then(() => { throw new Error(output) })])
  }
  return { child, ended, says }
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number } // an object for TCP
  server.close()
  return port
}

/** Tests run from dist/, the scripts lie beside it. */
function projectRoot (): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'scripts', 'demo.mjs'))) folder = dirname(folder)
  return folder
}
