import t from 'tap'
import { compileCatalogue } from '../../../lib/barman/compile.ts'
import { needs } from '../../../lib/barman/needs.ts'
import { parseOverrides, unusedOverrides } from '../../../lib/barman/policy-overrides.ts'
import { resolvePolicy } from '../../../lib/barman/policy.ts'
import { command, compiled, option, realCatalogue } from './policy-fixtures.ts'

t.test('a word for a command stands for all its names', async t => {
  const { overrides, faults } = parseOverrides({ Restore: 'destroy' })
  t.same(faults, [])
  t.same(needs(compiled('3.4.0', 'recover', overrides), {}), ['destroy'])
  t.same(needs(compiled('3.20.1', 'recover', overrides), {}), ['destroy'])
})

t.test('an operator\'s class is not undone by a milder option, yet a stricter option still counts', async t => {
  const { overrides } = parseOverrides({ keep: 'config' })
  const keep = compiled('3.4.0', 'keep', overrides)
  t.same(needs(keep, { status: true }), ['config'])
  t.same(needs(keep, { release: true }), ['destroy'])
  t.same(needs(compiled('3.4.0', 'keep'), { status: true }), ['read'])
})

t.test('a parameter can be freed, marked and hidden, in any spelling', async t => {
  const { overrides } = parseOverrides({
    'restore.destination-directory': 'free', 'backup.JOBS': 'exec', 'backup.bwlimit': 'hidden'
  })
  const backup = compiled('3.4.0', 'backup', overrides)
  t.same(needs(compiled('3.4.0', 'recover', overrides), { destination_directory: '/x' }), ['restore'])
  t.same(needs(backup, { jobs: 2 }), ['operate', 'exec'])
  t.notOk(backup.keys.has('bwlimit'))
  t.ok(compiled('3.4.0', 'backup').keys.has('bwlimit'))
})

t.test('what the table does not know can be allowed', async t => {
  const future = command({ name: 'teleport', options: [option('--work-dir')] })
  const { overrides } = parseOverrides({ teleport: 'read', 'teleport.work_dir': 'free' })
  t.match(resolvePolicy(future, overrides), { class: 'read', parameters: { work_dir: { exec: undefined } } })
  t.match(resolvePolicy(future), { class: 'destroy', parameters: { work_dir: { exec: true } } })
})

t.test('a hidden command is gone under every name, and so is one without a positional that it needs', async t => {
  const { overrides } = parseOverrides({ recover: 'hidden', 'delete.backup_id': 'hidden' })
  const { commands } = compileCatalogue(realCatalogue('3.20.1'), overrides)
  t.same(['restore', 'recover', 'delete'].filter(name => commands.has(name)), [])
  t.ok(commands.has('backup'))
})

t.test('all faults of the section are told by name, and words that name nothing are found', async t => {
  const { overrides, faults } = parseOverrides({ backup: 'free', 'backup.jobs': 'read', bakcup: 'destroy', 'backup.jbos': 'exec' })
  t.match(faults, [/^\[policy\] backup must be one of read, /, /^\[policy\] backup\.jobs must be one of free, exec, hidden$/])
  t.same(unusedOverrides(realCatalogue('2.12'), overrides), ['bakcup', 'backup.jbos'])
  t.same(unusedOverrides(realCatalogue('2.12'), parseOverrides({ 'config-update': 'hidden' }).overrides), [],
    'a command of another version is no slip')
})
