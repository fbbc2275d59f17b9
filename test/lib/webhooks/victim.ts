// A service that kills itself when its job has ended: node victim.js FOLDER URL before|after (the webhooks hear of it)
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { FileStore } from '../../../lib/jobs/file-store.ts'
import { isFinal } from '../../../lib/jobs/record.ts'
import { JobRegistry } from '../../../lib/jobs/registry.ts'
import { Webhooks } from '../../../lib/webhooks/webhooks.ts'
import { job, runner } from '../jobs/support.ts'
import { webhook } from './support.ts'

const [,, path = '', url = '', when = ''] = process.argv
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
  onChange: (record) => {
    if (isFinal(record.state) && when === 'before') process.kill(process.pid, 'SIGKILL')
    webhooks.notice(record)
    if (isFinal(record.state)) process.kill(process.pid, 'SIGKILL')
  }
})
await webhooks.start(registry)
setInterval(() => {}, 60_000)
await registry.submit(job('exit 0'))
