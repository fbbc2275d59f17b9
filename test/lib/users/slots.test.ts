import t from 'tap'
import { Slots } from '../../../lib/users/slots.ts'

t.test('never more works than slots run at once, and in order', async (t) => {
  const slots = new Slots(2)
  const begun: number[] = []
  let running = 0
  let most = 0
  await Promise.all(Array.from({ length: 20 }, (_, index) => slots.run(async () => {
    begun.push(index)
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running--
  })))
  t.equal(most, 2)
  t.strictSame(begun, Array.from({ length: 20 }, (_, index) => index))
})

t.test('a work that fails frees its slot', async (t) => {
  const slots = new Slots(1)
  await t.rejects(slots.run(async () => { throw new Error('no') }), { message: 'no' })
  t.equal(await slots.run(async () => 'yes'), 'yes')
})
