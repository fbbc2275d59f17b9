import { join } from 'node:path'
import { rmSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { readIdentity } from '../../lib/runner/identity.ts'
import { readText, until } from '../lib/runner/support.ts'
import { Ledger } from './ledger.ts'

const JOBS = 50
/** Tells its pid, and runs on until it is let go; its end is noted, for whoever called it failed or unknown before that would lie. */
const HELD = 'basename "$PWD" >>"$here/ran"; echo $$ >pid; until [ -e "$here/go" ]; do sleep 0.05; done; exit 0'

t.setTimeout(300_000)

t.test('kill -9 of fifty wrappers: each job runs until its program ends, and is unknown then', async (t) => {
  const states = await kill(t, async (folder) => (await readIdentity(folder))?.pid, 'running')
  t.strictSame(states, Array(JOBS).fill('unknown'))
})

t.test('kill -9 of fifty barmans: each job failed with the code of the signal', async (t) => {
  const states = await kill(t, async (folder) => Number(readText(join(folder, 'pid'))), 'failed')
  t.strictSame(states, Array(JOBS).fill('failed'))
})

async function kill (t: Test, pidIn: (folder: string) => Promise<number | undefined>, then: string): Promise<string[]> {
  const ledger = await Ledger.open(t, undefined, HELD)
  const { server, boss } = await ledger.serve()
  const state = async (ticket: string) => String((await boss(`/history/${ticket}`)).body['state'])
  const go = join(ledger.site.folder, 'barman', 'go')
  for (let n = 0; n < JOBS; n += 10) { // sixteen short ones run at once
    const tickets = await Promise.all(Array.from({ length: 10 }, () => ledger.submit(boss)))
    for (const ticket of tickets.map(String)) {
      await until(() => readText(join(ledger.folder(ticket), 'pid')) !== '')
      process.kill(await pidIn(ledger.folder(ticket)) ?? NaN, 'SIGKILL')
      await until(async () => await state(ticket) === then)
    }
    writeFileSync(go, '')
    for (const ticket of tickets) await until(async () => await state(String(ticket)) !== 'running')
    rmSync(go)
  }
  await ledger.settle(boss)
  const states = await Promise.all([...ledger.tickets].map(state))
  server.kill('SIGTERM')
  await server.ended
  return states
}
