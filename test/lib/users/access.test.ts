import t from 'tap'
import type { Scope } from '../../../schemas/user.ts'
import { type Access, mayCall, maySee } from '../../../lib/users/access.ts'
import { user } from './support.ts'

type Row = readonly [access: readonly string[], deny: readonly string[], call: string | (Partial<Access> & { path: string }), allowed: boolean]

const RECOVER = { path: 'barman/recover', aliases: ['barman/restore'] }
const RELOAD = { path: 'barman/reload', aliases: ['config/barman/reload'] }
const ON_DB1 = { path: 'barman/backup', host: 'db1' }

/** access, deny, the call, allowed */
const ROWS: readonly Row[] = [
  // empty access is everything
  [[], [], 'barman/backup', true],
  [[], [], 'auth/user/list', true],
  [[], [], '', true],
  // access by whole segments
  [['barman'], [], 'barman/backup', true],
  [['barman'], [], 'barman', true],
  [['barman'], [], 'barman/backup/help', true],
  [['barman'], [], 'config/barman', false],
  [['barman'], [], 'barmanapi', false],
  [['barman'], [], 'barman-x/backup', false],
  [['barman/backup'], [], 'barman/backup', true],
  [['barman/backup'], [], 'barman', false],
  [['barman/backup'], [], 'barman/backup-x', false],
  [['barman/list'], [], 'barman/list-servers', false],
  [['config/barman'], [], 'config/barman', true],
  [['config/barman'], [], 'config/barman/change', true],
  [['config/barman'], [], 'config/barmanapi', false],
  [['config/barmanapi'], [], 'config/barman', false],
  [['auth/user/list'], [], 'auth/user/list', true],
  [['auth/user/list'], [], 'auth/user', false],
  [['barman', 'auth/user/list'], [], 'auth/user/list', true],
  [['barman', 'auth/user/list'], [], 'history/list', false],
  // deny, and deny wins
  [[], ['barman'], 'barman/backup', false],
  [[], ['barman'], 'barman/help', false],
  [[], ['barman'], 'history/list', true],
  [[], ['barman/backup'], 'barman/backup/help', false],
  [[], ['barman/backup'], 'barman/backups', true],
  [[], ['config/barman'], 'config/barmanapi', true],
  [[], ['config/barman'], 'config/barman', false],
  [['barman'], ['barman'], 'barman/backup', false],
  [['barman/backup'], ['barman'], 'barman/backup', false],
  [['barman'], ['barman/delete'], 'barman/delete', false],
  [['barman'], ['barman/delete'], 'barman/backup', true],
  [['history'], ['history/{ticket}/cancel'], 'history/{ticket}/cancel', false],
  [['history'], ['history/{ticket}/cancel'], 'history/{ticket}/output', true],
  // how entries are written does not matter
  [['/barman/'], [], 'barman/backup', true],
  [['//barman//backup//'], [], 'barman/backup', true],
  [['BARMAN'], [], 'barman/backup', true],
  [[], ['Barman/Backup'], 'barman/backup', false],
  [[], ['/barman/backup/'], 'barman/backup', false],
  [[], ['barman/backup'], '/Barman//Backup/', false],
  [['/'], [], 'barman/backup', true],
  [[], ['/'], 'barman/backup', false],
  // names of no prototype mean nothing
  [['constructor'], [], 'barman/backup', false],
  [['__proto__'], [], 'barman/backup', false],
  // aliases: any denied denies, any open opens
  [[], ['barman/restore'], RECOVER, false],
  [[], ['barman/recover'], RECOVER, false],
  [['barman/restore'], [], RECOVER, true],
  [['barman/recover'], [], RECOVER, true],
  [['barman/recover'], ['barman/restore'], RECOVER, false],
  [['barman/backup'], [], RECOVER, false],
  [[], ['config'], RELOAD, false],
  [['config/barman'], [], RELOAD, true],
  [[], ['barman/restore'], { path: 'barman/recover/help', aliases: ['barman/restore/help'] }, false],
  // hosts
  [['barman'], [], ON_DB1, true],
  [['hosts/db1/barman'], [], ON_DB1, true],
  [['hosts/db1'], [], ON_DB1, true],
  [['hosts'], [], ON_DB1, true],
  [['hosts/db1'], [], 'hosts/db1/barman/backup', true],
  [['barman/backup'], [], 'hosts/db1/barman/backup', true],
  [['hosts/DB1/barman'], [], { ...ON_DB1, host: 'Db1' }, true],
  [['hosts/db2/barman'], [], ON_DB1, false],
  [['hosts/db1/barman/delete'], [], ON_DB1, false],
  [['hosts/db1/barman'], [], { path: 'barman/backup' }, false],
  [['hosts/db10'], [], ON_DB1, false],
  [[], ['hosts/db1'], ON_DB1, false],
  [[], ['hosts/db1/barman'], ON_DB1, false],
  [[], ['hosts/db2/barman'], ON_DB1, true],
  [[], ['barman'], ON_DB1, false],
  [[], ['barman'], 'hosts/db1/barman/backup', false],
  [[], ['hosts'], 'hosts', false],
  [[], ['hosts'], ON_DB1, false],
  [[], ['hosts/db1/barman'], 'hosts/db1', true],
  [[], ['hosts/db1/barman/delete'], { path: 'barman/delete' }, false],
  [[], ['hosts/db1/barman/delete'], { path: 'barman/backup' }, true],
  [[], ['hosts/db1'], 'auth/user', true],
  [['barman'], ['hosts/db1/barman/restore'], { ...RECOVER, host: 'db1' }, false],
  [['barman'], ['hosts/db1/barman/restore'], { ...RECOVER, host: 'db2' }, true]
]

t.test(`${ROWS.length} cases`, async (t) => {
  t.ok(ROWS.length >= 60)
  for (const [access, deny, call, allowed] of ROWS) {
    const asked = { scopes: [], ...(typeof call === 'string' ? { path: call } : call) }
    t.equal(mayCall(user('u', { access, deny }), asked).allowed, allowed, JSON.stringify({ access, deny, call }))
  }
})

t.test('every scope of the call is needed, and the refusal names those that are missing', async (t) => {
  const reader = user('r', { scopes: ['read'] })
  const ask = (...scopes: Scope[]) => mayCall(reader, { path: 'barman/x', scopes })
  t.strictSame(ask(), { allowed: true })
  t.strictSame(ask('read'), { allowed: true })
  t.strictSame(ask('read', 'restore', 'exec'), { allowed: false, because: 'this needs the scope restore and exec' })
  t.strictSame(mayCall(user('n', { scopes: [] }), { path: 'x', scopes: ['read'] }).allowed, false)
  t.strictSame(mayCall(user('a'), { path: 'x', scopes: ['exec'] }).allowed, false)
})

t.test('scopes open nothing that access or deny close', async (t) => {
  t.match(mayCall(user('u', { access: ['history'] }), { path: 'barman/backup', scopes: ['operate'] }), { allowed: false, because: /`access`/ })
  t.match(mayCall(user('u', { deny: ['barman'] }), { path: 'barman/backup', scopes: ['operate'] }), { allowed: false, because: /`deny`/ })
})

t.test('servers limit what is seen: null is all, empty is none', async (t) => {
  const rows: ReadonlyArray<readonly [readonly string[] | null, string, boolean]> = [
    [null, 'main', true], [[], 'main', false], [['main'], 'main', true], [['main'], 'main2', false], [['pg-*'], 'pg-1', true], [['pg-*'], 'pg-', true],
    [['pg-*'], 'PG-1', false], [['pg-?'], 'pg-12', false], [['a', 'pg-*'], 'pg-12', true], [['*'], 'anything', true], [['main'], 'all', false]
  ]
  for (const [servers, server, seen] of rows) t.equal(maySee({ servers }, server), seen, JSON.stringify({ servers, server }))
})
