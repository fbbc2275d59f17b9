import { statfsSync } from 'node:fs'
import t from 'tap'
import { DiskFloor } from '../../../lib/jobs/floor.ts'
import { folder, job, open } from './support.ts'

t.test('there is room down to the floor, and none below it', async (t) => {
  const path = folder(t)
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  for (const low of [0, 1, Math.floor(free / 2)]) await new DiskFloor(path, low).check()
  await t.rejects(new DiskFloor(path, free * 2).check(), { code: 'insufficient-storage' })
  await new DiskFloor(`${path}/not there`, 0).check()
  await t.rejects(new DiskFloor(`${path}/not there`, 1).check(), { code: 'ENOENT' }, 'what cannot be known is no room')
})

t.test('a job that would not fit comes neither to disk nor into the queue', async (t) => {
  let hasRoom = false
  const floor = new DiskFloor('/', 1e15)
  const { registry, store } = await open(t, folder(t), { checkRoom: async () => hasRoom ? undefined : floor.check() })
  const record = job('exit 0', { holds: ['main'], excludes: ['main'] })
  await t.rejects(registry.submit(record), { code: 'insufficient-storage' })
  await t.rejects(registry.submitBatch({ ...record, kind: 'batch' }, [record]), { code: 'insufficient-storage' })
  t.same(await store.months(), [])
  hasRoom = true
  t.match(await registry.wait((await registry.submit(record)).ticket, 10_000), { state: 'succeeded' }, 'and the lane was free')
})
