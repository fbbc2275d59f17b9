import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { documents } from '../openapi/documents.ts'
import { openTools } from '../openapi/tools.ts'
import { makeClients } from '../openapi/workshop.ts'
import { openLab, serveLab } from '../real/lab.ts'

/** `examples/client/lean.ts`, compiled. */
interface Lean {
  listBackups (url: string, token: string, server: string): Promise<Record<string, Array<{ status: string }>>>
  backup (url: string, token: string, server: string): Promise<string>
}

t.setTimeout(900_000) // the first use installs the tools
const { tools, missing } = await openTools()
const folder = mkdtempSync(join(tmpdir(), 'barmanapi-clients-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

for (const [version, { v31: document, v30: older }] of await documents(t)) {
  t.test(`clients of Barman ${version} compile, and refuse what is wrong`, { skip: missing ?? false }, async (t) => {
    if (tools) await makeClients(t, tools, join(folder, version), { document, older })
  })
}

t.test('generated clients take real backups', { skip: missing ?? false }, async (t) => {
  const { lab, skip } = await openLab()
  if (!lab || !tools) {
    t.pass('a real Barman takes it', { skip: skip ?? true })
    return
  }
  t.teardown(() => lab.stop())
  const { app, user } = await serveLab(t, lab)
  const { token } = await user('ci', ['read', 'operate'])
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` // of a TCP server that listens
  const load = async (path: string): Promise<object> => await (await fetch(url + path)).json() as object
  const home = join(folder, 'real')
  await makeClients(t, tools, home, { document: await load('/openapi.json'), older: await load('/openapi-3.0.json') })
  const backup = (server: string, password = 'password of ci'): Promise<Ran> => run(join(home, 'dist', 'backup.js'), [server], { BARMANAPI_URL: url, BARMANAPI_USER: 'ci', BARMANAPI_PASSWORD: password })

  t.match(await backup('main'), { exitCode: 0, output: /^Job [0-9a-f-]{36}\n.*Backup completed.*\nmain: succeeded in \d+ ms\n$/s })
  t.match(await backup('nosuch'), { exitCode: 2, output: /^unknown-server: .*\n {2}\/server_name\/0 / })
  t.match(await backup('main', 'a wrong one'), { exitCode: 2, output: /^unauthorized: / })

  const lean = await import(pathToFileURL(join(home, 'dist', 'lean.js')).href) as Lean
  t.match(await lean.listBackups(url, token, 'main'), { main: [{ status: /^(DONE|WAITING_FOR_WALS)$/ }] })
  await t.rejects(lean.listBackups(url, token, 'nosuch'), /^unknown-server: /)
  const { ended } = await user('watcher')
  t.match(await ended(await lean.backup(url, token, 'main')), { state: 'succeeded', user: 'ci' })
})

interface Ran { readonly exitCode: number | null, readonly output: string }

function run (script: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], { env: { ...process.env, ...env }, timeout: 120_000 }, (_, stdout, stderr) => resolve({ exitCode: child.exitCode, output: stdout + stderr }))
  })
}
