import { createHash, createHmac, scryptSync } from 'node:crypto'
import ini from 'ini'
import t from 'tap'
import { COST, isHash, isLegacy, isWrapped, Passwords } from '../../../lib/users/password.ts'
import { CHEAP, PEPPER, passwords } from './support.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

t.test('the cost is N=2^15, r=8, p=3, and the hash is scrypt over HMAC with the pepper', async (t) => {
  t.strictSame(COST, { ln: 15, r: 8, p: 3 })
  const line = await new Passwords(PEPPER).hash('correct horse')
  const [, kind, cost, salt = '', hash] = line.split('$')
  t.strictSame([kind, cost], ['scrypt', 'ln=15,r=8,p=3'])
  const key = createHmac('sha256', PEPPER).update('correct horse').digest()
  const expected = scryptSync(key, Buffer.from(salt, 'base64'), 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 26 })
  t.equal(hash, expected.toString('base64').replace(/=+$/, ''))
  t.equal(Buffer.from(salt, 'base64').length, 16)
  t.strictSame(await new Passwords(PEPPER).verify('correct horse', line), { matches: true, outdated: false })
})

t.test('only the right password under the right pepper matches', async (t) => {
  const line = await passwords.hash('päss wörd')
  t.strictSame(await passwords.verify('päss wörd', line), { matches: true, outdated: false })
  for (const wrong of ['', 'päss word', 'päss wörd ', line]) t.notOk((await passwords.verify(wrong, line)).matches, wrong)
  t.notOk((await new Passwords('other', CHEAP).verify('päss wörd', line)).matches)
})

t.test('each hash has a salt of its own', async (t) => t.not(await passwords.hash('same'), await passwords.hash('same')))

t.test('a line survives ini', async (t) => {
  for (let run = 0; run < 50; run++) {
    const line = await passwords.hash(String(run))
    t.equal(ini.parse(`[a]\npassword = ${line}\n`)['a'].password, line)
  }
})

t.test('a wrapped md5 takes the password, not the md5, and asks to be replaced', async (t) => {
  const line = await passwords.wrap(md5('1258').toUpperCase())
  t.match(line, /^\$scrypt-md5\$/)
  t.ok(isHash(line) && isWrapped(line) && !isLegacy(line))
  t.strictSame(await passwords.verify('1258', line), { matches: true, outdated: true })
  t.notOk((await passwords.verify(md5('1258'), line)).matches)
  t.notOk((await passwords.verify('1259', line)).matches)
})

t.test('a hash of another cost matches and asks to be replaced', async (t) => {
  const line = await new Passwords(PEPPER, { ln: 5, r: 8, p: 2 }).hash('x')
  t.strictSame(await passwords.verify('x', line), { matches: true, outdated: true })
})

t.test('a bare md5, an unreadable line and no user never match', async (t) => {
  const good = await passwords.hash('x')
  const odd = [md5('x'), '', 'x', good.slice(0, -1), `${good} `, good.replace('ln=4', 'ln=18'), good.replace('ln=4', 'ln=0'), good.replace('r=8', 'r=9'), good.replace('p=1', 'p=17'), undefined]
  for (const line of odd) {
    t.strictSame(await passwords.verify('x', line), { matches: false, outdated: false }, String(line))
    t.notOk(line !== undefined && isHash(line))
  }
  t.ok(isLegacy(md5('x')))
})

t.test('an unknown user costs as much as a known one', async (t) => {
  const real = new Passwords(PEPPER)
  const line = await real.hash('x')
  const cpu = async (work: () => Promise<unknown>) => {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  const known = await cpu(() => real.verify('y', line))
  const unknown = await cpu(() => real.verify('y', undefined))
  t.ok(unknown > known / 2 && unknown < known * 2, `${unknown} µs of CPU against ${known}`)
})

t.test('at most two hashings run at once', async (t) => {
  const real = new Passwords(PEPPER)
  const ended: number[] = []
  const start = performance.now()
  await Promise.all([1, 2, 3, 4, 5].map(async () => {
    await real.verify('x', undefined)
    ended.push(performance.now() - start)
  }))
  // One 32 MiB block a hashing: five at once would take 160 MiB and end together; in pairs the last ends well after the first.
  t.ok((ended.at(-1) ?? 0) > 1.6 * (ended[0] ?? 0), ended.map(Math.round).join(' '))
})
