import t from 'tap'
import { AppError } from '../../../lib/errors.ts'
import { networkOf } from '../../../lib/users/addresses.ts'
import { Recent } from '../../../lib/users/recent.ts'
import { Throttle } from '../../../lib/users/throttle.ts'

const HOME = '192.0.2.1'
const EVIL = '198.51.100.7'

/** A throttle with a clock that the test moves. */
function bench (size?: number) {
  const clock = { ms: 1_000_000 }
  const throttle = new Throttle({ now: () => clock.ms, ...size === undefined ? {} : { size } })
  const refused = (name: string, address: string): number => {
    try {
      throttle.admit(name, address)
      return 0
    } catch (error) {
      if (error instanceof AppError && error.code === 'too-many-attempts') return error.extras.retryAfterS ?? NaN
      throw error
    }
  }
  const fail = (name: string, address: string, times = 1) => { for (let n = 0; n < times; n++) throttle.failed(name, address) }
  return { clock, throttle, refused, fail }
}

t.test('delays double with each failure up to five minutes, and are over when they say so', async (t) => {
  const { clock, refused, fail } = bench()
  const delays = Array.from({ length: 14 }, () => {
    fail('ann', EVIL)
    const seconds = refused('ann', EVIL)
    clock.ms += seconds * 1000 - 1
    if (seconds > 0) t.equal(refused('ann', EVIL), 1, 'not a millisecond before')
    clock.ms += 1
    t.equal(refused('ann', EVIL), 0)
    return seconds
  })
  t.strictSame(delays, [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
})

t.test('an honest user elsewhere is never refused, and waits two seconds at most', async (t) => {
  const { throttle, refused, fail } = bench()
  for (let n = 0; n < 5000; n++) fail('ann', `10.${n >> 8}.${n & 255}.1`, 2)
  t.equal(refused('ann', HOME), 0)
  t.equal(throttle.admit('ann', HOME), 2000)
  throttle.succeeded('ann', HOME)
  fail('ann', EVIL, 100)
  t.equal(throttle.admit('ann', HOME), 0, 'and not at all where he logged in before')
})

t.test('who shares the address of a guesser keeps his way in once he used it', async (t) => {
  const { throttle, refused, fail } = bench()
  throttle.succeeded('ann', EVIL)
  for (let n = 0; n < 50; n++) fail(`guess${n}`, EVIL)
  t.ok(refused('bob', EVIL) > 0)
  t.equal(refused('ann', EVIL), 0)
  fail('ann', EVIL, 4)
  t.ok(refused('ann', EVIL) > 0, 'guesses at himself count all the same')
})

t.test('a success forgives the own failures alone', async (t) => {
  const { throttle, refused, fail } = bench()
  fail('ann', HOME, 5)
  throttle.succeeded('ann', HOME)
  t.equal(refused('ann', HOME), 0)
  fail('bob', HOME, 9)
  fail('eve', HOME)
  t.equal(refused('carl', HOME), 1)
  throttle.succeeded('eve', HOME)
  t.equal(refused('carl', HOME), 0, 'her one failure is forgiven')
  fail('carl', HOME)
  throttle.succeeded('eve', HOME)
  t.ok(refused('dora', HOME) > 0, 'and those at bob are not: an own account is no way round')
})

t.test('an hour after the last failure all is forgotten', async (t) => {
  const { clock, throttle, refused, fail } = bench()
  fail('ann', EVIL, 30)
  clock.ms += 3_600_000
  t.equal(refused('ann', EVIL), 0)
  fail('ann', EVIL)
  t.equal(refused('ann', EVIL), 0, 'and counting begins anew')
  t.equal(throttle.admit('ann', HOME), 0)
})

t.test('the memory is bounded, and the one under attack stays in it', async (t) => {
  const recent = new Recent<number>(3)
  for (const [index, key] of ['a', 'b', 'c', 'a', 'd', 'e'].entries()) {
    if (recent.get(key) === undefined) recent.set(key, index)
  }
  t.equal(recent.size, 3)
  t.strictSame(['a', 'b', 'c', 'd', 'e'].map((key) => recent.get(key)), [0, undefined, undefined, 4, 5])
  const { throttle, fail } = bench(10)
  for (let n = 0; n < 100; n++) {
    fail('ann', `10.0.0.${n}`)
    fail(`nobody${n}`, `10.0.1.${n}`)
  }
  t.equal(throttle.admit('ann', HOME), 2000)
})

t.test('an owner of a /64 is one caller, however the address is written', async (t) => {
  for (const [one, other] of [
    ['2001:db8::1', '2001:0db8:0:0:ffff:1:2:3'], ['::1', '::2'], ['::ffff:192.0.2.1', '192.0.2.1'], ['fe80::1%eth0', 'FE80::2'], ['2001:db8:1:2::192.0.2.1', '2001:db8:1:2::']
  ] as const) t.equal(networkOf(one), networkOf(other), `${one} ${other}`)
  for (const [one, other] of [['192.0.2.1', '192.0.2.2'], ['2001:db8::1', '2001:db8:0:1::1'], ['2001:db8:1::', '2001:db8::1:0:0:0']] as const) t.not(networkOf(one), networkOf(other))
})
