import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { AppError } from '../../../lib/errors.ts'
import { UserStore } from '../../../lib/users/users.ts'
import { CHEAP, folder, open, passwords, PEPPER, SEED, until } from './support.ts'

const QUIET = { info () {}, warn () {}, error () {} }

t.test('users are made, listed, changed, revoked and removed', async (t) => {
  const { store, read, file } = await open(t)
  t.strictSame(store.list(), [])
  const made = await store.add({ name: 'john.doe', password: 'long enough', deny: ['barman/delete'] })
  t.match(made, { name: 'john.doe', access: [], deny: ['barman/delete'], scopes: ['read', 'operate', 'restore', 'destroy', 'config', 'users'], servers: null })
  t.notOk('password' in made)
  t.strictSame(store.list(), [made])
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(read(), /^\[john\\\.doe\]\npassword = \$scrypt\$/)

  const changed = await store.change('john.doe', { access: ['barman'], scopes: ['read'], servers: ['pg-*'] })
  t.strictSame(changed, { ...made, access: ['barman'], scopes: ['read'], servers: ['pg-*'] })
  t.equal((await store.change('john.doe', { servers: null })).servers, null)
  t.equal((await store.change('john.doe', { password: 'another one' })).ver, made.ver + 1)
  t.equal((await store.revoke('john.doe')).ver, made.ver + 2)
  t.equal(store.get('john.doe')?.ver, made.ver + 2)

  await store.remove('john.doe')
  t.equal(store.get('john.doe'), undefined)
  t.notMatch(read(), 'john')
})

t.test('a user of the same name as a removed one does not inherit his tokens', async (t) => {
  const { store } = await open(t)
  const one = await store.add({ name: 'a', password: 'long enough' })
  await store.remove('a')
  t.not((await store.add({ name: 'a', password: 'long enough' })).ver, one.ver)
})

t.test('another store reads the same from the file', async (t) => {
  const { store, file } = await open(t)
  await store.add({ name: 'a', password: 'long enough', scopes: ['exec'], servers: [] })
  const other = await UserStore.open({ file, pepper: PEPPER, log: QUIET, cost: CHEAP })
  t.strictSame(other.list(), store.list())
  t.ok(await other.authenticate('a', 'long enough'))
  await other.close()
})

t.test('only name and password together log in', async (t) => {
  const { store } = await open(t)
  const user = await store.add({ name: 'a', password: 'long enough' })
  t.strictSame(await store.authenticate('a', 'long enough'), user)
  for (const [name, password] of [['a', ''], ['a', 'long enough '], ['A', 'long enough'], ['b', 'long enough'], ['__proto__', 'x'], ['', '']] as const) {
    t.equal(await store.authenticate(name, password), null, `${name} ${password}`)
  }
  await store.change('a', { password: 'another one' })
  t.equal(await store.authenticate('a', 'long enough'), null)
  t.ok(await store.authenticate('a', 'another one'))
})

t.test('a login that a change of the password or a removal overtakes fails', async (t) => {
  const { store: cheap, file } = await open(t)
  await cheap.add({ name: 'a', password: 'long enough' })
  const store = await UserStore.open({ file, pepper: PEPPER, log: QUIET }) // at today's cost a hash outlasts an edit by far
  t.teardown(() => store.close())
  await store.change('a', { password: 'number one' })
  const change = store.change('a', { password: 'number two' })
  const other = store.authenticate('b', 'takes the second slot')
  const overtaken = store.authenticate('a', 'number one') // waits for a slot
  t.strictSame([(await change).name, await other, await overtaken], ['a', null, null])
  const late = store.authenticate('a', 'number two')
  await store.remove('a')
  t.equal(await late, null)
})

t.test('faults of the input are named one by one', async (t) => {
  const { store } = await open(t)
  await t.rejects(store.add({ name: '-a', password: 'short', access: ['ok', 'a b'], deny: ['x/*'], servers: ['a/b'] }), {
    code: 'bad-request',
    extras: { errors: [{ pointer: '/name' }, { pointer: '/access/1' }, { pointer: '/deny/0' }, { pointer: '/servers/0' }, { pointer: '/password' }] }
  })
  for (const name of ['', '.a', 'a b', 'a/b', 'ü', 'a'.repeat(65), '__proto__', 'a\n', '[a]', 'a]']) await t.rejects(store.add({ name, password: 'long enough' }), { code: 'bad-request' }, encodeURIComponent(name))
  for (const password of ['', '1234567', 'a'.repeat(1025), 'with\nline end', 'with\0nul', 'with\u0085next']) await t.rejects(store.add({ name: 'a', password }), { code: 'bad-request' }, encodeURIComponent(password))
  t.strictSame(store.list(), [])
})

t.test('the local command line may set a short password, but no broken one', async (t) => {
  const { store } = await open(t)
  await store.add({ name: 'memin', password: '1258' }, { local: true })
  t.ok(await store.authenticate('memin', '1258'))
  await t.rejects(store.change('memin', { password: '' }, { local: true }), { code: 'bad-request' })
  await t.rejects(store.change('memin', { password: '1258' }), { code: 'bad-request' })
})

t.test('unknown users and taken names are told', async (t) => {
  const { store } = await open(t)
  await store.add({ name: 'a', password: 'long enough' })
  await t.rejects(store.add({ name: 'a', password: 'long enough' }), { code: 'user-exists' })
  const works: Array<() => Promise<unknown>> = [() => store.change('b', {}), () => store.change('b', { password: 'long enough' }), () => store.remove('b'), () => store.revoke('b')]
  for (const work of works) await t.rejects(work, { code: 'unknown-user' })
})

t.test('of two that make the same user at once one is told that he exists', async (t) => {
  const { store } = await open(t)
  const made = await Promise.allSettled([1, 2].map((n) => store.add({ name: 'a', password: `long enough ${n}` })))
  t.strictSame(made.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

t.test('a check sees the user before and after, and what it throws changes nothing', async (t) => {
  const { store, read } = await open(t)
  await store.add({ name: 'a', password: 'long enough' })
  const before = read()
  const seen: unknown[] = []
  const options = { check: (...users: unknown[]) => { seen.push(users); throw new AppError('forbidden', 'no') } }
  const works: Array<() => Promise<unknown>> = [
    () => store.add({ name: 'b', password: 'long enough' }, options),
    () => store.change('a', { deny: ['x'] }, options),
    () => store.revoke('a', options),
    () => store.remove('a', options)
  ]
  for (const work of works) await t.rejects(work, { code: 'forbidden' })
  t.match(seen, [[null, { name: 'b' }], [{ deny: [] }, { deny: ['x'] }], [{ name: 'a' }, { name: 'a' }], [{ name: 'a' }, null]])
  t.equal(read(), before)
})

t.test('the md5 of barmanapi 0.3 is wrapped at start and replaced at the next login', async (t) => {
  const { store, read } = await open(t, `# ours\n${SEED}`)
  t.notMatch(read(), '26588e')
  t.match(read(), /^# ours\n\[memin\]\npassword = \$scrypt-md5\$\S+\naccess = \[\]\ndeny = \[\]\n$/)
  t.equal(await store.authenticate('memin', '1259'), null)
  t.match(read(), /scrypt-md5/)
  t.match(await store.authenticate('memin', '1258'), { name: 'memin', ver: 0 })
  t.match(read(), /password = \$scrypt\$/)
  t.ok(await store.authenticate('memin', '1258'))
})

t.test('where the file cannot be written the md5 is wrapped in memory', { skip: notForRoot() }, async (t) => {
  const { store, read, logged, file } = await openReadOnly(t)
  t.ok(await store.authenticate('memin', '1258'))
  t.equal(read(), SEED)
  t.ok(logged.some(({ level }) => level === 40))
  await t.rejects(store.change('memin', { deny: ['x'] }), { code: 'file-not-writable', message: /belongs to the account with uid \d+/ })
  t.ok(existsSync(file))
})

t.test('the documented default password is noticed until it is gone', async (t) => {
  const { store } = await open(t, SEED)
  t.equal(await store.hasKnownDefault(), true)
  await store.authenticate('memin', '1258')
  t.equal(await store.hasKnownDefault(), true)
  await store.change('memin', { password: 'something else' })
  t.equal(await store.hasKnownDefault(), false)
  await store.change('memin', { password: '1258' }, { local: true })
  t.equal(await store.hasKnownDefault(), true)
  await store.remove('memin')
  t.equal(await store.hasKnownDefault(), false)
  const { store: other } = await open(t, SEED.replace('memin', 'someone'))
  t.equal(await other.hasKnownDefault(), true)
})

t.test('comments, order and mode of the file outlive edits', async (t) => {
  const text = `; who may call\r\n\r\n[a]\r\n# his hash\r\npassword = ${await passwords.hash('x')}\r\naccess = [] ; all\r\n\r\n# the end`
  const { store, read, file } = await open(t, text)
  await store.change('a', { access: ['barman'] })
  t.equal(read(), text.replace('= []', "= ['barman']"))
  t.equal(statSync(file).mode & 0o777, 0o640)
  await store.add({ name: 'b', password: 'long enough' })
  await store.remove('b')
  t.equal(read().trimEnd(), text.replace('= []', "= ['barman']"))
})

t.test('the owner of the file stays', { skip: isRoot() ? false : 'only root can tell' }, async (t) => {
  const { store, file } = await open(t, SEED)
  chownSync(file, 12345, 23456)
  await store.revoke('memin')
  const { uid, gid } = statSync(file)
  t.strictSame([uid, gid], [12345, 23456])
})

t.test('a symbolic link stays one', async (t) => {
  const path = folder(t)
  mkdirSync(join(path, 'real'))
  writeFileSync(join(path, 'real', 'users'), SEED)
  symlinkSync('real/users', join(path, 'client.conf'))
  const store = await UserStore.open({ file: join(path, 'client.conf'), pepper: PEPPER, log: QUIET, cost: CHEAP })
  await store.revoke('memin')
  t.equal(store.get('memin')?.ver, 1)
  t.ok(lstatSync(join(path, 'client.conf')).isSymbolicLink())
  t.match(readFileSync(join(path, 'real', 'users'), 'utf8'), 'ver = 1')
  t.strictSame(readdirSync(path).sort(), ['client.conf', 'real'])
  t.strictSame(readdirSync(join(path, 'real')), ['users'])
  await store.close()
})

t.test('an edit by hand is seen within a second, in place or by rename', async (t) => {
  const { store, file, read } = await open(t, SEED)
  writeFileSync(file, read().replace('deny = []', "deny = ['barman']"))
  await until(() => store.get('memin')?.deny[0] === 'barman', 1000)
  writeFileSync(`${file}.new`, read().replace('barman', 'config'))
  renameSync(`${file}.new`, file)
  await until(() => store.get('memin')?.deny[0] === 'config', 1000)
})

t.test('an edit of the same size and time is seen as well', async (t) => {
  const { store, file, read } = await open(t, SEED)
  const { atime, mtime } = statSync(file)
  writeFileSync(file, read().replace('memin', 'nimem'))
  utimesSync(file, atime, mtime)
  await until(() => store.get('nimem') !== undefined, 1000)
})

t.test('a file that is still being written is not read: half of it may lack a deny', async (t) => {
  const { store, file, read } = await open(t, SEED.replace('deny = []', "deny = ['barman']"))
  const text = read()
  const seen = new Set<number | undefined>()
  const end = performance.now() + 800 // more than one look at the file
  await until(() => {
    writeFileSync(file, text.slice(0, text.indexOf('deny')))
    seen.add(store.get('memin')?.deny.length)
    return performance.now() > end
  })
  t.strictSame([...seen], [1])
  writeFileSync(file, text.replace('barman', 'config'))
  await until(() => store.get('memin')?.deny[0] === 'config', 1000)
})

t.test('an md5 written by hand is wrapped before anybody logs in with it', async (t) => {
  const { store, file, read } = await open(t)
  writeFileSync(file, SEED)
  await until(() => store.get('memin') !== undefined)
  t.ok(await store.authenticate('memin', '1258'))
  t.notMatch(read(), '26588e')
})

t.test('a broken file leaves the last good one in force, is logged once, and is not edited', async (t) => {
  const { store, file, logged, read } = await open(t, SEED)
  const errors = () => logged.filter(({ level }) => level === 50).length
  const good = read()
  const broken = good.replace('deny = []', "deny = ['barman'")
  writeFileSync(file, broken)
  await until(() => store.list().length > 0 && errors() === 1)
  t.ok(await store.authenticate('memin', '1258'))
  await t.rejects(store.change('memin', { access: ['x'] }), { code: 'file-not-writable' })
  t.match(read(), "deny = ['barman'\n")
  writeFileSync(file, good.replace('deny = []', "deny = ['barman']"))
  await until(() => store.get('memin')?.deny[0] === 'barman')
  t.notMatch(JSON.stringify(logged), 'scrypt')
})

t.test('a file that is gone leaves the last good one in force', async (t) => {
  const { store, file, logged } = await open(t, SEED)
  rmSync(file)
  await until(() => store.list().length === 1 && logged.some(({ level }) => level === 50))
  t.ok(store.get('memin'))
})

t.test('a store does not open on a broken file', async (t) => {
  for (const text of ['[a]\npassword = plain\n', '[a\n', 'x = 1', '[a]\npassword = \xff\n']) {
    await t.rejects(open(t, text), { name: 'StartError' }, text)
  }
  const path = join(folder(t), 'client.conf')
  writeFileSync(path, Buffer.from('# \xe9\n', 'latin1'))
  await t.rejects(UserStore.open({ file: path, pepper: PEPPER, log: QUIET }), { message: /not UTF-8/ })
  mkdirSync(join(folder(t), 'sub'))
  await t.rejects(UserStore.open({ file: dirname(path), pepper: PEPPER, log: QUIET }), { name: 'StartError' })
})

t.test('what the log says holds no password and no hash', async (t) => {
  const { store, logged } = await open(t, SEED)
  await store.authenticate('memin', '1258')
  await store.add({ name: 'a', password: 'correct horse' })
  t.ok(logged.length > 0)
  t.notMatch(JSON.stringify(logged), /1258|26588e|scrypt|correct horse/)
})

function isRoot (): boolean {
  return process.getuid?.() === 0
}

function notForRoot (): string | false {
  return isRoot() ? 'root can write everywhere' : false
}

async function openReadOnly (t: Parameters<typeof open>[0]) {
  const bench = await open(t)
  writeFileSync(bench.file, SEED)
  chmodSync(dirname(bench.file), 0o500)
  t.teardown(() => chmodSync(dirname(bench.file), 0o700))
  await until(() => bench.store.get('memin') !== undefined)
  return bench
}
