import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { Gate } from '../../../lib/runner/gate.ts'

/** Works that end when they are told to, and how many there are. */
function works (gate: Gate) {
  const running = new Map<string, () => void>()
  const started: string[] = []
  const outcomes: Array<Promise<unknown>> = []
  return {
    started,
    begin (name: string, server: string | null = null) {
      const outcome = gate.pass(server, () => new Promise<void>((resolve) => {
        started.push(name)
        running.set(name, resolve)
      }))
      outcomes.push(outcome)
      return outcome
    },
    async end (...names: string[]) {
      for (const name of names) running.get(name)?.()
      await settle()
    },
    async endAll () {
      while (started.some((name) => running.has(name))) {
        for (const [name, resolve] of running) { running.delete(name); resolve() }
        await settle()
      }
      await Promise.all(outcomes)
    }
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Stops the clock; what comes back lets it run on by so many ms. */
function stopClock (t: Test): (ms: number) => Promise<unknown> {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  return (ms) => {
    mock.timers.tick(ms)
    return settle()
  }
}

t.test('as many run as there are cores, the others in the order they came', async (t) => {
  const { begin, end, endAll, started } = works(new Gate({ cores: 2 }))
  for (const name of ['a', 'b', 'c', 'd', 'e']) begin(name)
  await settle()
  t.strictSame(started, ['a', 'b'])
  await end('b')
  t.strictSame(started, ['a', 'b', 'c'])
  await end('a', 'c')
  t.strictSame(started, ['a', 'b', 'c', 'd', 'e'])
  await endAll()
})

t.test('two a server, and who waits for one holds nobody else', async (t) => {
  const { begin, end, endAll, started } = works(new Gate({ cores: 8 }))
  for (const name of ['m1', 'm2', 'm3', 'm4']) begin(name, 'main')
  begin('p1', 'pg')
  begin('list')
  await settle()
  t.strictSame(started, ['m1', 'm2', 'p1', 'list'])
  await end('p1', 'list')
  t.strictSame(started, ['m1', 'm2', 'p1', 'list'], "another's end makes no room")
  await end('m1')
  t.strictSame(started.slice(4), ['m3'])
  await endAll()
})

t.test('what fails makes room as what succeeds', async (t) => {
  const gate = new Gate({ cores: 1, perServer: 1 })
  for (let n = 0; n < 3; n++) await t.rejects(gate.pass('main', async () => { throw new Error('no') }), { message: 'no' })
  t.equal(await gate.pass('main', async () => 7), 7)
})

t.test('a full queue refuses at once, and says when to come again', async (t) => {
  const { begin, end, endAll, started } = works(new Gate({ cores: 1, queue: 2 }))
  for (const name of ['a', 'b', 'c']) begin(name)
  await t.rejects(begin('d').finally(() => {}), { code: 'too-busy', extras: { retryAfterS: Number } })
  await end('a')
  begin('e')
  await end('b')
  await end('c')
  t.strictSame(started, ['a', 'b', 'c', 'e'])
  await endAll().catch(() => {}) // d was refused
})

t.test('a process that has grown old leaves its core, not its server', async (t) => {
  const pass = stopClock(t)
  const { begin, end, endAll, started } = works(new Gate({ cores: 1 }))
  for (const name of ['silent1', 'silent2', 'silent3']) begin(name, 'offline')
  begin('fine', 'main')
  await settle()
  await pass(1_999)
  t.strictSame(started, ['silent1'])
  await pass(2)
  t.strictSame(started, ['silent1', 'silent2'])
  await pass(2_001)
  t.strictSame(started, ['silent1', 'silent2', 'fine'], 'two of the silent server, never a third')
  await end('silent1')
  t.strictSame(started.slice(3), [], 'the only core is taken')
  await end('fine')
  t.strictSame(started.slice(3), ['silent3'])
  await endAll()
})

t.test('the pool of old processes is bounded too', async (t) => {
  const pass = stopClock(t)
  const { begin, end, endAll, started } = works(new Gate({ cores: 1, pool: 2 }))
  for (let n = 0; n < 5; n++) begin(`p${n}`, `silent ${n}`)
  for (let n = 0; n < 5; n++) await pass(2_001)
  t.strictSame(started, ['p0', 'p1', 'p2'], 'two of the pool and one of the core')
  await end('p2')
  t.strictSame(started, ['p0', 'p1', 'p2', 'p3'])
  await endAll()
})

t.test('one silent server never stalls the others', async (t) => {
  const pass = stopClock(t)
  const gate = new Gate({ cores: 2 })
  const { begin, endAll, started } = works(gate)
  for (let n = 0; n < 100; n++) begin(`silent${n}`, 'offline')
  await settle()
  await pass(2_001)
  for (let n = 0; n < 10; n++) begin(`fine${n}`, 'main')
  await settle()
  t.strictSame(started, ['silent0', 'silent1', 'fine0', 'fine1'])
  await endAll()
})
