import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { discover } from '../../lib/barman/discover.ts'
import { barmanEnvironment } from '../../lib/runner/environment.ts'
import { LocalRunner } from '../../lib/runner/local.ts'
import { realCatalogue } from '../lib/barman/policy-fixtures.ts'
import { buildApp, problemIn } from '../support/app.ts'
import { barmans } from '../support/barmans.mjs'
import { renderCommand, renderTop } from '../support/render-help.ts'

const [found] = await barmans(undefined, ['2.12'])
const old = found && found.missing === undefined ? found : undefined

t.test('surprise 7: a usage error, which no JSON tells, is our fault and says so', async (t) => {
  const { boss, barman } = await buildApp(t)
  barman.act('status', "echo 'usage: barman status [-h]\nbarman status: error: unrecognized arguments: --x' >&2; exit 2")
  t.match(problemIn(t, await boss.get('/barman/status?server_name=main'), 500, 'internal').detail, /unrecognized arguments: --x$/)
  barman.act('switch-wal', "echo 'usage: barman switch-wal [-h]\nbarman switch-wal: error: unrecognized arguments: --x' >&2; exit 2")
  t.match(problemIn(t, await boss.post('/barman/switch-wal', { server_name: 'main' }), 422, 'barman-failed'), { exitCode: 2, reply: { reason: 'internal' } })
})

t.test('surprise 18: a Barman whose help fails without /dev/shm is unusable, with its own reason', { skip: old ? whyNoNamespace() : found?.missing ?? false }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'barmanapi-truth-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const command = join(folder, 'barman')
  const inside = `mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 && exec ${old?.barman} "$@"`
  writeFileSync(command, `#!/bin/sh\nexec unshare --mount sh -c '${inside}' barman "$@"\n`)
  chmodSync(command, 0o755)
  const runner = new LocalRunner(command, barmanEnvironment(process.env))
  const run = (argv: readonly string[]) => runner.run(argv, { timeoutMs: 20_000 })
  await t.rejects(discover(run, { concurrency: 2 }), { code: 'barman-unusable', message: /ended with 1.*: \w*Error: \[Errno \d+\]/ })
})

t.test('surprise 20: another Python under the same Barman changes its help and not what we read of it', async (t) => {
  const { boss, folder } = await buildApp(t)
  const commands = async () => (await boss.post('/barman/reload')).json()
  const before = await commands()
  for (const python of [309, 313, 314] as const) {
    const layout = { library: 'argparse', python, columns: 10_000 } as const
    const catalogue = realCatalogue('3.20.1')
    writeFileSync(join(folder, 'barman', 'help', 'TOP'), renderTop(catalogue, layout))
    for (const command of catalogue.commands) for (const name of [command.name, ...command.aliases]) writeFileSync(join(folder, 'barman', 'help', name), renderCommand(command, layout))
    t.same(await commands(), before, `Python ${python}`)
  }
})

function whyNoNamespace (): string | false {
  if (process.getuid?.() !== 0) return 'only root may take /dev/shm away'
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? false : 'no namespace can be made here'
}
