import t from 'tap'
import { Logins } from '../../../lib/users/logins.ts'
import { open } from './support.ts'

const HOME = '192.0.2.1'

t.test('guesses at once are told apart one by one', async (t) => {
  const { store } = await open(t)
  await store.add({ name: 'ann', password: 'a long password' })
  const logins = new Logins(store)
  const tries = await Promise.allSettled(Array.from({ length: 12 }, () => logins.authenticate('ann', 'wrong', HOME)))
  t.equal(tries.filter(({ status }) => status === 'fulfilled').length, 3)
  t.equal(tries.filter((tried) => tried.status === 'rejected' && tried.reason.code === 'too-many-attempts').length, 9)
  t.match(await logins.authenticate('ann', 'a long password', '192.0.2.2'), { name: 'ann' })
})

t.test('logins at once all come in; of an address sixteen wait, and sixty-four in all', async (t) => {
  const { store } = await open(t)
  await store.add({ name: 'ann', password: 'a long password' })
  const logins = new Logins(store)
  const ask = (count: number, from: (n: number) => string) => Promise.allSettled(Array.from({ length: count }, (_, n) => logins.authenticate('ann', 'a long password', from(n))))
  const codes = async (asked: ReturnType<typeof ask>) => (await asked).map((tried) => tried.status === 'fulfilled' ? tried.value?.name : tried.reason.code)
  t.strictSame(await codes(ask(20, () => HOME)), [...Array(16).fill('ann'), ...Array(4).fill('too-busy')])
  t.strictSame(await codes(ask(70, (n) => `10.0.0.${n}`)), [...Array(64).fill('ann'), ...Array(6).fill('too-busy')])
  t.strictSame(await codes(ask(1, () => HOME)), ['ann'], 'the line is empty again')
})
