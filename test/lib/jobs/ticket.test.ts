import t from 'tap'
import { isTicket, monthOf, newTicket } from '../../../lib/jobs/ticket.ts'

t.test('tickets sort by their time, and tell no two apart from one another', async (t) => {
  const times = Array.from({ length: 1000 }, (_, n) => 1_700_000_000_000 + n * 7919)
  const tickets = times.map((time) => newTicket(time))
  t.strictSame([...tickets].sort(), tickets)
  for (const ticket of tickets) t.ok(isTicket(ticket), ticket)
  const same = Array.from({ length: 10_000 }, () => newTicket(0))
  t.equal(new Set(same).size, same.length)
})

t.test('74 bits of a ticket are random', async (t) => {
  const bits = new Array<number>(128).fill(0)
  const count = 2_000
  for (let n = 0; n < count; n++) {
    const number = BigInt(`0x${newTicket(0).replaceAll('-', '')}`)
    for (let bit = 0; bit < 128; bit++) bits[bit] = (bits[bit] ?? 0) + Number((number >> BigInt(bit)) & 1n)
  }
  const isRandom = (ones: number) => Math.abs(ones - count / 2) < 6 * Math.sqrt(count) / 2 // six sigma
  t.equal(bits.filter(isRandom).length, 74)
  t.strictSame(bits.filter((ones) => !isRandom(ones)).filter((ones) => ones !== 0 && ones !== count), [], 'the others are fixed')
})

t.test('nothing but a ticket may become the name of a folder', async (t) => {
  const good = newTicket()
  for (const odd of ['', '.', '..', `${good}\n`, ` ${good}`, good.toUpperCase().replace(/[^A-F]/, 'A'), good.slice(1), `${good}0`, `${good.slice(0, 14)}4${good.slice(15)}`, `${good}/..`, good.replaceAll('-', '')]) {
    t.notOk(isTicket(odd), JSON.stringify(odd))
  }
})

t.test('the month of a ticket is that of its making, in UTC', async (t) => {
  for (const [time, month] of [['2026-01-31T23:59:59.999Z', '202601'], ['2026-02-01T00:00:00.000Z', '202602'], ['2026-12-31T23:59:59.999Z', '202612'], ['1970-01-01T00:00:00.000Z', '197001'], ['2099-07-15T12:00:00.000Z', '209907']] as const) {
    t.equal(monthOf(newTicket(Date.parse(time))), month)
  }
})
