import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { until } from '../lib/runner/support.ts'
import { Ledger } from './ledger.ts'

/** One thread does all work on files, so that the calls of a job come in one order and can be counted. */
const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' }
const BUDGET_MS = 60_000 // of each system call
const FAMILIES = { rename: 'rename,renameat,renameat2', fsync: 'fsync,fdatasync', openat: 'openat', write: 'write,pwrite64' }

t.setTimeout(600_000)

for (const [name, calls] of Object.entries(FAMILIES)) {
  t.test(`kill -9 at each ${name} of a job's life, of the service and of whatever it starts`, { skip: whyNoTrace() }, async (t) => {
    const ledger = await Ledger.open(t)
    const start = performance.now()
    let point = 0
    for (let wasHit = true; wasHit && performance.now() - start < BUDGET_MS;) wasHit = await crashAt(ledger, calls, ++point)
    ledger.counts['points'] = point
    const { server, boss } = await ledger.serve()
    await ledger.settle(boss)
    t.ok(point > 1, 'something was killed')
    server.kill('SIGTERM')
    await server.ended
  })
}

/** Serves one job, and kills whoever makes that call of it for the nth time; false when the service lived to see the job's end. */
async function crashAt (ledger: Ledger, calls: string, when: number): Promise<boolean> {
  const { server, boss } = await ledger.serve(ONE_THREAD)
  const strace = await attach(server.pid, ['-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=${when}`])
  const isDead = { now: false }
  server.ended.then(() => { isDead.now = true })
  const ticket = await ledger.submit(boss)
  await until(async () => isDead.now || ticket === undefined || !/queued|running/.test(String((await boss(`/history/${ticket}`).catch(() => ({ body: { state: 'queued' } }))).body['state'])), 30_000)
  const wasHit = isDead.now
  server.kill('SIGKILL')
  await server.ended
  if (strace.exitCode === null && strace.signalCode === null) await once(strace, 'exit')
  return wasHit
}

/** Traces a process and its threads and children; resolves when it does. */
async function attach (pid: number, words: readonly string[]): Promise<ChildProcess> {
  const child = spawn('strace', ['-f', '-o', '/dev/null', ...words, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk) => { said += String(chunk) })
  await until(() => /attached/.test(said) || child.exitCode !== null)
  if (child.exitCode !== null) throw new Error(said)
  return child
}

function whyNoTrace (): string | false {
  return spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0 ? false : 'strace is missing here, or may not trace'
}
