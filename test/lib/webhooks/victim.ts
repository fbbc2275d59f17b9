// A service that takes in jobs one after the other until it is killed: node victim.js FOLDER URL
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { FileStore } from '../../../lib/jobs/file-store.ts'
import { JobRegistry } from '../../../lib/jobs/registry.ts'
import { Webhooks } from '../../../lib/webhooks/webhooks.ts'
import { job, runner } from '../jobs/support.ts'
import { webhook } from './support.ts'

const [,, path = '', url = ''] = process.argv
const log = pino({ enabled: false })
mkdirSync(join(path, 'active'), { recursive: true })
const webhooks = await Webhooks.open({ folder: join(path, 'webhooks'), webhooks: [webhook(url)], publicUrl: '', log })
const registry = await JobRegistry.open({
  store: new FileStore(join(path, 'active')),
  runnerOf: () => runner,
  judge: async (_, { exitCode }) => ({ state: exitCode === 0 ? 'succeeded' : 'failed', reason: null, result: null, errors: [], warnings: [] }),
  slots: 4,
  queue: 100,
  log,
  onChange: (record) => webhooks.notice(record)
})
await webhooks.start(registry)
setInterval(() => {}, 60_000)
for (;;) {
  const { ticket } = await registry.submit(job('exit 0'))
  process.stdout.write(`${ticket}\n`)
  await registry.wait(ticket, 10_000)
}
