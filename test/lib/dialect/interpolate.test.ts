import t from 'tap'
import { hasStrayPercent, interpolate } from '../../../lib/dialect/interpolate.ts'

const options: Readonly<Record<string, string>> = { home: '/srv', path: '%(home)s/main', self: '%(self)s', percent: '100%%' }
const resolve = (value: string) => interpolate(value, (key) => options[key])

t.test('references are resolved, in any case and as deep as they go', async (t) => {
  t.same(resolve('in %(PATH)s.'), { value: 'in /srv/main.' })
  t.same(resolve('%(percent)s and 5%%'), { value: '100% and 5%' })
  t.same(resolve('no reference'), { value: 'no reference' })
})

t.test('what Python refuses is refused by the same name', async (t) => {
  for (const value of ['50%', '%d', '%(home)', '%(home', '%()s', '%(home)d']) t.equal(resolve(value).error, 'InterpolationSyntaxError', value)
  t.equal(resolve('%(nothing)s').error, 'InterpolationMissingOptionError')
  t.equal(resolve('%(self)s').error, 'InterpolationDepthError')
})

t.test('references nest ten deep, not eleven', async (t) => {
  const chain = (length: number) => interpolate('%(1)s', (key) => Number(key) < length ? `%(${Number(key) + 1})s` : 'end%%')
  t.same(chain(9), { value: 'end%' })
  t.equal(chain(10).error, 'InterpolationDepthError')
})

t.test('values that would explode are refused before they do', async (t) => {
  let lookups = 0
  const double = (end: string) => interpolate('%(1)s'.repeat(10), (key) => {
    lookups++
    return key === '9' ? end : `%(${Number(key) + 1})s`.repeat(10)
  })
  t.equal(double('').error, 'InterpolationTooLarge', 'of work')
  t.equal(double('x'.repeat(100_000)).error, 'InterpolationTooLarge', 'of text')
  t.ok(lookups < 200_000, `${lookups} lookups`)
})

t.test('a stray per cent sign is one that neither escapes nor refers', async (t) => {
  for (const value of ['', 'x', '%%', '%(a)s', '%(a)s%%%(b)s', '%(a%b)s']) t.notOk(hasStrayPercent(value), value)
  for (const value of ['%', '%%%', '%(a)', '%()s', 'x%y', '%(a)s%']) t.ok(hasStrayPercent(value), value)
})
