import t from 'tap'
import { type Account, ClientFileError, readAccounts, removeAccount, writeAccount } from '../../../lib/users/client-file.ts'
import { passwords, SEED } from './support.ts'

const HASH = await passwords.hash('x')
const account = (keys: string, name = 'joe') => `[${name}]\npassword = ${HASH}\n${keys}\n`
const only = (text: string): Account => [...readAccounts(text).values()][0] as Account // the text has one
const faultsIn = (text: string): string => {
  try {
    readAccounts(text)
  } catch (error) {
    if (error instanceof ClientFileError) return error.faults.join('\n')
    throw error
  }
  return ''
}

t.test('the sample of barmanapi 0.3 is read as it is', async (t) => {
  t.strictSame(only(SEED), {
    user: { name: 'memin', access: [], deny: [], scopes: ['read', 'operate', 'restore', 'destroy', 'config', 'users'], servers: null, ver: 0 },
    password: '26588e932c7ccfa1df309280702fe1b5'
  })
})

t.test('lists come in every form that ini hands over', async (t) => {
  for (const line of ["access = ['a', 'b']", "access=[u'a', \"b\"]", 'access = ["a","b"]', 'access = a, b', "access = ['a', 'b'] # both", 'access = "[\'a\', \'b\']"',
    "access = '[\"a\",\"b\"]'", 'access[] = a\naccess[] = b']) {
    t.strictSame(only(account(line)).user.access, ['a', 'b'], line)
  }
  for (const line of ['access = []', 'access =', 'access = ""', 'access = [] ; all', '']) t.strictSame(only(account(line)).user.access, [], line)
})

t.test('scopes, servers and ver are read', async (t) => {
  t.match(only(account("scopes = ['exec', 'read']\nservers = ['pg-*']\nver = 7")).user, { scopes: ['read', 'exec'], servers: ['pg-*'], ver: 7 })
  t.strictSame(only(account('scopes = []')).user.scopes, [])
  t.strictSame(only(account('servers = []')).user.servers, [])
  t.equal(only(account("ver = '12'")).user.ver, 12)
})

t.test('names keep their dots, whatever ini makes of them', async (t) => {
  for (const header of ['john.doe', 'john\\.doe', '"john.doe"', ' john.doe ']) t.strictSame([...readAccounts(account('', header)).keys()], ['john.doe'], header)
  const users = readAccounts(account("deny = ['a']", 'john') + account('', 'john.password') + account('', 'john.password.x'))
  t.strictSame([...users.keys()], ['john', 'john.password', 'john.password.x'])
  t.strictSame(users.get('john')?.user.deny, ['a'])
})

t.test('names of prototypes and numbers are just names, __proto__ is none', async (t) => {
  const users = readAccounts(['constructor', 'toString', 'hasOwnProperty', '5', 'true'].map((name) => account("deny = ['a']", name)).join(''))
  for (const [name, { user }] of users) t.strictSame([user.name, user.deny], [name, ['a']])
  t.match(faultsIn(account('', '__proto__')), /name must be/)
  t.match(readAccounts(account('__proto__ = x')).get('joe')?.user, { name: 'joe' })
})

t.test('one user in several parts is one user, the last word counts', async (t) => {
  t.strictSame(only(account("deny = ['a']") + "[joe]\ndeny = ['b']\n").user.deny, ['b'])
})

const FAULTS: ReadonlyArray<readonly [string, RegExp]> = [
  [account("dney = ['barman']"), /^\[joe\] "dney" is not a key/],
  [account('deny = [barman]'), /deny: not a list/],
  [account("deny = ['barman'"), /deny: not a list/],
  [account("deny = ['a#b']"), /deny: not a list/],
  [account('deny'), /deny: must be a list/],
  [account('deny = true'), /deny: must be a list/],
  [account("deny = '5'"), /deny: must be a list/],
  [account("deny = ['barman/*']"), /deny 0 must be a path/],
  [account("deny = ['ok', 'a/../b']"), /deny 1 must be a path/],
  [account("deny = ['a b']"), /deny 0 must be a path/],
  [account("scopes = ['root']"), /scopes 0 must be one of/],
  [account("scopes = ['READ']"), /scopes 0 must be one of/],
  [account("servers = ['a/b']"), /servers 0 must be/],
  [account('ver = -1'), /ver must be a whole number/],
  [account('ver = 1e3'), /ver must be/],
  [account('ver = 99999999999999999'), /ver must be/],
  [account('[jim] # his'), /"\[jim\]" is not a key/],
  [account(' [jim]'), /"\[jim\]" is not a key/],
  [account('=x'), /line 3 is neither/],
  ['password = x\n', /line 1 stands above/],
  ['[joe]\n', /\[joe\] password must be a hash/],
  ['[joe]\npassword = 1258\n', /password must be a hash/],
  ['[joe]\npassword\n', /password must be a hash/],
  ['[joe]\npassword = null\n', /password must be a hash/],
  [account('', '-joe'), /name must be/],
  [account('', '.joe'), /name must be/],
  [account('', 'j oe'), /name must be/],
  [account('', 'j'.repeat(65)), /name must be/],
  [account('', ''), /name must be/]
]

for (const [text, fault] of FAULTS) {
  t.test(`a fault: ${JSON.stringify(text.replace(HASH, 'HASH'))}`, async (t) => t.match(faultsIn(text), fault))
}

t.test('all faults are told at once, and none shows a password', async (t) => {
  const text = '[a]\npassword = hunter2\ndney = x\n[b]\nver = x\n'
  t.equal(faultsIn(text).split('\n').length, 4)
  t.notMatch(faultsIn(text), 'hunter2')
})

t.test('an account is written, changed and removed, the rest stays as it is', async (t) => {
  const text = '# people\n[memin] \naccess=[]  # all\npassword=' + HASH
  const more = writeAccount(text, 'john.doe', { password: HASH, access: ["it's"], servers: ['pg#1'], ver: 3 })
  t.ok(more.startsWith(text))
  t.match(readAccounts(writeAccount(text, 'x', { password: HASH, access: ['a'], deny: [], servers: ['pg#1;2'], scopes: ['exec'], ver: 3 })).get('x'),
    { password: HASH, user: { access: ['a'], deny: [], servers: ['pg#1;2'], scopes: ['exec'], ver: 3 } })
  t.equal(writeAccount(text, 'memin', { access: ['barman'] }), text.replace('=[]', "=['barman']"))
  t.equal(writeAccount(account("servers = ['a']"), 'joe', { servers: null }), account('').trimEnd() + '\n')
  t.equal(removeAccount(more, 'john.doe').trimEnd(), text)
})
