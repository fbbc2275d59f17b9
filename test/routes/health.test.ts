import { rmSync } from 'node:fs'
import t from 'tap'
import { buildApp, problemIn } from '../support/app.ts'

const { app, barman } = await buildApp(t)

t.test('the probes are open to all and tell nothing', async (t) => {
  for (const url of ['/health/live', '/health/ready']) {
    const reply = await app.inject(url)
    t.match(reply, { statusCode: 200, headers: { 'content-type': /^application\/json/ } })
    t.same(reply.json(), { status: 'ok' })
  }
})

t.test('without a barman the process lives but is not ready', async (t) => {
  rmSync(barman.command)
  t.equal((await app.inject('/health/live')).statusCode, 200)
  problemIn(t, await app.inject('/health/ready'), 503, 'barman-unusable')
})
