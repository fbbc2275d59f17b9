import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { SCOPES } from '../../../schemas/user.ts'
import { mayCall, maySee } from '../../../lib/users/access.ts'
import { type Grant, includes, mayGrant } from '../../../lib/users/grants.ts'
import type { Rights, User } from '../../../lib/users/user.ts'
import { user } from './support.ts'

const root = user('root', { scopes: [...SCOPES] })
const admin = user('admin')
const limited = user('limited', { access: ['barman', 'auth'], deny: ['barman/delete'], scopes: ['read', 'users'], servers: ['pg-*'] })
const low = user('low', { access: ['barman'], deny: ['barman/delete'], scopes: ['read'], servers: ['pg-1'] })
const plain = user('plain', { scopes: ['read'] })

type Row = readonly [claim: string, actor: User, before: User | null, after: User | null, allowed: boolean, grant?: Grant]

const ROWS: readonly Row[] = [
  ['an admin makes a user', admin, null, plain, true],
  ['an admin makes his like', admin, null, user('twin'), true],
  ['an admin removes a user', admin, plain, null, true],
  ['an admin sets a password of another', admin, plain, plain, true, { setsPassword: true }],
  ['who lacks the scope users makes nobody', plain, null, user('x', { scopes: [] }), false],
  ['who lacks the scope users edits nobody', plain, low, low, false],
  ['nobody grants a scope he lacks', limited, null, { ...low, scopes: ['operate'] }, false],
  ['nobody grants a path he lacks', limited, null, { ...low, access: ['history'] }, false],
  ['nobody grants everything who has not all', limited, null, { ...low, access: [] }, false],
  ['nobody leaves out a deny of his own', limited, null, { ...low, deny: [] }, false],
  ['a deny of his own is no matter where access does not reach it', limited, null, { ...low, access: ['barman/backup'], deny: [] }, true],
  ['a wider deny does as well', limited, null, { ...low, access: ['barman', 'auth'], deny: ['barman'] }, true],
  ['nobody grants servers he does not see', limited, null, { ...low, servers: ['*'] }, false],
  ['nobody grants every server who has not all', limited, null, { ...low, servers: null }, false],
  ['a part of the own rights is granted', limited, null, low, true],
  ['nobody edits who holds a scope he lacks', limited, admin, admin, false],
  ['nobody narrows who holds a right he lacks', limited, { ...low, servers: null }, low, false],
  ['nobody removes who holds a right he lacks', limited, plain, null, false],
  ['exec is never granted, not even by who holds it', root, null, user('x', { scopes: ['exec'] }), false],
  ['exec is never added', root, admin, { ...admin, scopes: [...SCOPES] }, false],
  ['exec is not added to oneself', admin, admin, { ...admin, scopes: [...SCOPES] }, false],
  ['a holder of exec is not edited by an admin', admin, root, root, false],
  ['a holder of exec is not edited by another holder', user('boss', { scopes: [...SCOPES] }), root, root, false],
  ['a holder of exec is not removed', admin, root, null, false],
  ['a holder of exec is not removed by himself', root, root, null, false],
  ['a holder of exec does not narrow himself', root, root, { ...root, scopes: ['read'] }, false],
  ['a holder of exec needs his password to change it', root, root, root, false, { setsPassword: true }],
  ['a holder of exec changes his password with the current one', root, root, root, true, { setsPassword: true, knowsPassword: true }],
  ['a holder of exec ends his own tokens', root, root, root, true],
  ['another does not reset the password of who holds exec', admin, root, root, false, { setsPassword: true, knowsPassword: true }],
  ['everybody changes the own password', plain, plain, plain, true, { setsPassword: true }],
  ['nobody widens the own scopes', plain, plain, { ...plain, scopes: ['read', 'operate'] }, false],
  ['nobody widens the own access', low, low, { ...low, access: [] }, false],
  ['nobody lifts the own deny', low, low, { ...low, deny: [] }, false],
  ['nobody widens the own servers', low, low, { ...low, servers: ['pg-*'] }, false],
  ['narrowing oneself is allowed', plain, plain, { ...plain, access: ['barman'], deny: ['barman/delete'], servers: ['a'] }, true],
  ['an admin does not widen himself either', limited, limited, { ...limited, deny: [] }, false]
]

for (const [claim, actor, before, after, allowed, grant] of ROWS) {
  t.test(claim, async (t) => {
    const decision = mayGrant(actor, before, after, grant)
    t.equal(decision.allowed, allowed)
    if (!decision.allowed) t.match(decision.because, /\w+ \w+/)
  })
}

const ALIASES = [['barman/recover', 'barman/restore'], ['barman/reload', 'config/barman/reload']]

t.test('what is denied under one name is not granted under another', async (t) => {
  const actor = user('a', { deny: ['barman/recover', 'config'] })
  for (const access of [['barman/restore'], ['hosts/db1/barman/restore'], ['barman/restore/help'], ['barman/reload'], ['barman'], []]) {
    t.notOk(mayGrant(actor, null, user('b', { access }), { aliases: ALIASES }).allowed, JSON.stringify(access))
  }
  t.ok(mayGrant(actor, null, user('b', { access: ['barman'], deny: ['barman/restore', 'barman/reload', 'config'] }), { aliases: ALIASES }).allowed)
})

const path = fc.constantFrom('barman', 'barman/recover', 'barman/restore', 'barman/reload', 'barman/recover/help', 'config', 'config/barman', 'config/barman/reload',
  'config/barmanapi', 'hosts', 'hosts/a', 'hosts/b', 'hosts/a/barman', 'hosts/a/barman/restore', 'hosts/b/config', 'auth/user', '/')
const rights: fc.Arbitrary<Rights> = fc.record({
  access: fc.array(path, { maxLength: 3 }),
  deny: fc.array(path, { maxLength: 3 }),
  scopes: fc.subarray(['read', 'users'] as const),
  servers: fc.option(fc.array(fc.constantFrom('*', 'pg-*', 'pg-?', 'pg-1'), { maxLength: 2 }))
})

const CALLS = ['barman/recover', 'barman/restore', 'barman/reload', 'barman/recover/help', 'barman/backup', 'config/barman/reload', 'config/barmanapi/change', 'auth/user', 'hosts', 'hosts/a']
  .flatMap((path) => [undefined, 'a', 'b', 'c'].map((host) => {
    const set = ALIASES.find((set) => set.some((name) => path === name || path.startsWith(`${name}/`))) ?? []
    const own = set.find((name) => path.startsWith(name)) ?? ''
    return { path, aliases: set.map((name) => name + path.slice(own.length)), scopes: [], ...(host === undefined ? {} : { host }) }
  }))

t.test('property: rights that include others allow every call that those do', async (t) => {
  let included = 0
  fc.assert(fc.property(rights, rights, (wide, narrow) => {
    assert.ok(includes(wide, wide, ALIASES))
    if (!includes(wide, narrow, ALIASES)) return
    included++
    for (const call of CALLS) assert.ok(!mayCall(narrow, call).allowed || mayCall(wide, call).allowed, JSON.stringify(call))
    for (const server of ['main', 'pg-1', 'pg-12', 'pg-']) assert.ok(!maySee(narrow, server) || maySee(wide, server), server)
  }), { numRuns: 20_000 })
  t.ok(included > 300, `${included} pairs`)
})
