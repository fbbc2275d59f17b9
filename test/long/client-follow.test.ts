import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { pathOf, until } from '../lib/runner/support.ts'
import { makeLine, makePlace, onTerminal, startClient } from '../lib/cli/client/support.ts'

t.setTimeout(120_000)

const noPython = pathOf('python3') ? false : 'python3 is not installed'
/** Prints line after line, each when its file is there. */
const STEPS = (count: number, exit: number) => `for n in $(seq 1 ${count}); do while ! [ -e "$here/go$n" ]; do sleep 0.02; done; echo "line $n"; echo "fault $n" >&2; done; exit ${exit}`

const place = await makePlace(t)
const { barman, folder, env, ask } = place
const go = (n: number) => writeFileSync(join(folder, 'barman', `go${n}`), '')
const reset = () => { for (const n of [1, 2, 3]) rmSync(join(folder, 'barman', `go${n}`), { force: true }) }
const ticketIn = (text: string) => /\b[0-9a-f]{8}-[0-9a-f-]{27}\b/.exec(text)?.[0] ?? ''
const stateOf = async (ticket: string) => (await ask(`/history/${ticket}`)).body['state']

t.test('a restart of the service in the middle loses nothing and repeats nothing, and the exit code is the job\'s', async (t) => {
  barman.act('switch-wal', STEPS(3, 3))
  const client = startClient(t, ['run', 'switch-wal', 'main', '--wait'], env)
  go(1)
  await client.shows('line 1\n')
  place.server.kill('SIGKILL')
  await place.server.ended
  go(2)
  await client.shows('trying again for 10 min')
  await place.again()
  await client.shows('line 2\n')
  go(3)
  t.equal(await client.ended, 3)
  t.equal(client.stdout(), 'line 1\nline 2\nline 3\n')
  t.equal(client.stderr().replaceAll(/^barmanapi: .*\n/gm, ''), 'fault 1\nfault 2\nfault 3\n')
  const told = client.stderr().match(/^barmanapi: .*$/gm) ?? []
  t.match(told, [/Job [0-9a-f-]{36}$/, /(nobody listens there|the connection was dropped); trying again for 10 min$/, /answers again$/, /^barmanapi: switch-wal main: failed .* barman exited 3$/])
  t.equal(told.length, 4, 'one line for its going, one for its coming')
  t.notMatch(client.stderr() + client.stdout(), /\x1b|\r/, 'plain lines') // eslint-disable-line no-control-regex -- that is the claim
})

t.test('dropped connections lose nothing and repeat nothing', async (t) => {
  barman.act('switch-wal', 'i=0; while [ $i -lt 9000 ]; do i=$((i + 1)); echo "line $i of a job that prints very much, so that it takes several pages to show it all and every line is dropped somewhere"; done; exit 0')
  const drops = { left: 6, bytes: 0 }
  const url = await makeLine(t, env.BARMANAPI_URL ?? '', (chunk, request, { client }) => {
    drops.bytes += chunk.length
    if (request.includes('/output') && drops.left > 0 && drops.bytes > 100_000) {
      drops.left--
      drops.bytes = 0
      client.write(chunk.subarray(0, chunk.length / 2))
      client.resetAndDestroy()
    } else client.write(chunk)
  })
  const client = startClient(t, ['run', '--url', url, 'switch-wal', 'main', '--wait'], env)
  t.equal(await client.ended, 0)
  const expected = Array.from({ length: 9000 }, (_, index) => `line ${index + 1} of a job that prints very much, so that it takes several pages to show it all and every line is dropped somewhere\n`).join('')
  const hash = (text: string) => createHash('md5').update(text).digest('hex')
  t.equal(drops.left, 0, 'it was dropped')
  t.equal(hash(client.stdout()), hash(expected))
})

t.test('a command whose reply was lost is started once, and sent again only to a service that knows keys', async (t) => {
  barman.act('switch-wal', 'exit 0')
  const lost = { count: 0 }
  const url = await makeLine(t, env.BARMANAPI_URL ?? '', (chunk, request, { client }) => {
    if (!request.startsWith('POST /barman/') || lost.count > 0) return client.write(chunk)
    lost.count++
    client.resetAndDestroy()
  })
  const { paths } = await (await fetch(`${env.BARMANAPI_URL}/openapi.json`)).json() as { paths: Record<string, { post: unknown }> }
  const knowsKeys = /idempotency-?key/i.test(JSON.stringify(paths['/barman/switch-wal']?.post))
  const before = barman.calls().filter(([command]) => command === 'switch-wal').length
  const client = startClient(t, ['run', '--url', url, 'switch-wal', 'main', '--wait'], env)
  const code = await client.ended
  await until(() => barman.calls().filter(([command]) => command === 'switch-wal').length > before)
  t.equal(lost.count, 1)
  if (knowsKeys) t.equal(code, 0, client.stderr())
  else t.match({ code, stderr: client.stderr() }, { code: 69, stderr: /^barmanapi: the connection was dropped, and its reply with it\. Whether the command runs is not known/ })
  t.equal(barman.calls().filter(([command]) => command === 'switch-wal').length, before + 1)
})

t.test('away from a terminal a signal leaves the job running, says how to go on, and that works', async (t) => {
  barman.act('switch-wal', STEPS(2, 0))
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    reset()
    const client = startClient(t, ['run', 'switch-wal', 'main', '--wait'], env)
    go(1)
    await client.shows('line 1\n')
    client.child.kill(signal)
    t.equal(await client.ended, code, signal)
    const ticket = ticketIn(client.stderr())
    t.match(client.stderr(), `barmanapi: Job ${ticket} runs on; follow it with: barmanapi logs ${ticket} -f\n`)
    t.equal(await stateOf(ticket), 'running')
    const shown = await place.run(['logs', ticket])
    t.match(shown, { code: 0, stdout: 'line 1\n', stderr: 'fault 1\n' })
    const next = startClient(t, ['logs', ticket, '-f'], env)
    await next.shows('line 1\n')
    go(2)
    t.equal(await next.ended, 0)
    t.equal(next.stdout(), 'line 1\nline 2\n')
  }
})

t.test('whoever reads the output may go: that is no success of the job', async (t) => {
  reset()
  barman.act('switch-wal', STEPS(2, 0))
  const client = startClient(t, ['run', 'switch-wal', 'main', '--wait'], env)
  go(1)
  await client.shows('line 1\n')
  client.child.stdout.destroy()
  go(2)
  t.equal(await client.ended, 141)
  await until(async () => await stateOf(ticketIn(client.stderr())) === 'succeeded')
})

t.test('on a terminal Ctrl-C asks first', { skip: noPython }, async (t) => {
  const QUESTION = 'Cancel the job? [y/N] (Ctrl-C again leaves it running) '
  const file = (n: number) => join(folder, 'barman', `go${n}`)
  const begin = () => {
    reset()
    barman.act('switch-wal', STEPS(3, 0))
    go(1)
  }
  const run = (steps: ReadonlyArray<readonly [string, string]>) => onTerminal(['run', 'switch-wal', 'main', '--wait'], env, [['line 1\r\n', '\u0003'], ...steps])

  await t.test('y cancels, and the exit code says so', async (t) => {
    begin()
    const { code, seen } = await run([[QUESTION, 'y\r']])
    t.equal(code, 125)
    t.match(seen, /Job [0-9a-f-]{36} is being stopped\r\n[^]*switch-wal main: canceled .*in \d+ s/)
  })

  await t.test('n goes on to the end', async (t) => {
    begin()
    const { code, seen } = await run([[QUESTION, 'n\r'], ['n', `touch ${file(2)}`], ['line 2\r\n', `touch ${file(3)}`]])
    t.equal(code, 0)
    t.match(seen, /line 2\r\n[^]*line 3\r\n[^]*switch-wal main: succeeded in /)
    t.match(seen, /\r\x1b\[Kline 2\r\n|switch-wal main: running, \d+ s/, 'with a line that is redrawn') // eslint-disable-line no-control-regex -- that is the claim
  })

  await t.test('a second Ctrl-C leaves it running', async (t) => {
    begin()
    const { code, seen } = await run([[QUESTION, '\u0003']])
    t.equal(code, 130)
    const ticket = ticketIn(seen)
    t.match(seen, `Job ${ticket} runs on; follow it with: barmanapi logs ${ticket} -f\r\n`)
    t.equal(await stateOf(ticket), 'running')
    go(2)
    go(3)
    await until(async () => await stateOf(ticket) === 'succeeded')
  })

  await t.test('a job that ends meanwhile needs no answer', async (t) => {
    begin()
    go(2)
    const { code, seen } = await run([[QUESTION, `touch ${file(3)}`]])
    t.equal(code, 0)
    t.match(seen, /line 3\r\n[^]*succeeded in /)
  })

  await t.test('without a redrawn line where a CI system lends the terminal', async (t) => {
    begin()
    go(2)
    go(3)
    const { code, seen } = await onTerminal(['run', 'switch-wal', 'main', '--wait'], { ...env, CI: 'true' }, [])
    t.equal(code, 0)
    t.notMatch(seen, '\u001b')
  })
})
