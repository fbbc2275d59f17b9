import t from 'tap'
import { formatOf, isLong, jobOf, laneOf, needs, stdinOf } from '../../../lib/barman/needs.ts'
import { compiled, option, realCatalogue } from './policy-fixtures.ts'

const get = (name: string) => compiled('3.20.1', name)
const { globalOptions: globals } = realCatalogue('3.20.1')

t.test('a call needs the class of its command, unless an option says otherwise', async t => {
  t.same(needs(get('status'), { server_name: ['m'] }), ['read'])
  t.same(needs(get('backup'), { server_name: ['m'] }), ['operate'])
  t.same(needs(get('delete'), {}), ['destroy'])
  t.same(needs(get('keep'), { target: 'full' }), ['operate'])
  t.same(needs(get('keep'), { status: true, target: 'full' }), ['read'], 'Barman looks at --status first')
  t.same(needs(get('keep'), { release: true }), ['destroy'])
  t.same(needs(get('keep'), { release: true, status: true }), ['destroy'], 'of two the stricter')
  t.same(needs(get('put-wal'), {}), ['destroy'])
  t.same(needs(get('put-wal'), { test: true }), ['read'])
  t.same(needs(get('get-wal'), {}), ['restore'], 'it is all the data')
  t.same(needs(get('get-wal'), { peek: 3 }), ['read'])
  t.same(needs(get('receive-wal'), { stop: true }), ['operate'])
  t.same(needs(get('receive-wal'), { drop_slot: true }), ['destroy'])
})

t.test('exec is needed by what runs or writes, and not by what a target gives', async t => {
  t.same(needs(get('get-wal'), { output_directory: '/x' }), ['restore', 'exec'])
  t.same(needs(get('config-update'), { json_changes: '[]' }), ['config', 'exec'])
  t.same(needs(get('restore'), { destination_directory: '/x' }), ['restore', 'exec'])
  t.same(needs(get('restore'), {}, { api_target: 'standby' }), ['restore'])
  t.same(needs(get('restore'), { destination_directory: '/x', remote_ssh_command: 'ssh y' }, { api_target: 'standby' }), ['restore'])
  t.same(needs(get('restore'), { tablespace: ['a:/x'] }, { api_target: 'standby' }), ['restore', 'exec'])
  t.same(needs(get('restore'), { delta_restore: true }, { api_target: 'standby' }), ['restore', 'destroy'], 'it overwrites')
})

t.test('a command is long by nature or by configuration, under any of its names', async t => {
  t.ok(isLong(get('verify-backup'), {}, []))
  t.notOk(isLong(get('cron'), {}, []))
  t.ok(isLong(get('cron'), {}, ['backup', 'cron']))
  t.ok(isLong(get('switch-wal'), {}, ['switch_xlog']))
  t.notOk(isLong(get('diagnose'), {}, ['diagnose']), 'its secrets never lie in a job')
  t.equal(jobOf(get('status'), {}), 'asked')
})

t.test('bare receive-wal runs for ever and is always a job; with an option it is short', async t => {
  t.equal(jobOf(get('receive-wal'), { server_name: 'm' }), 'always')
  t.equal(jobOf(get('receive-wal'), { if_not_exists: true }), 'always', 'it changes nothing by itself')
  for (const name of ['stop', 'reset', 'create_slot', 'drop_slot']) {
    t.notOk(isLong(get('receive-wal'), { [name]: true }, []), name)
    t.equal(formatOf(get('receive-wal'), { [name]: true }, globals), 'json')
  }
  t.equal(formatOf(get('receive-wal'), {}, globals), 'console')
  t.equal(laneOf(get('receive-wal')), null)
  t.equal(laneOf(get('delete')), 'change')
})

t.test('the format follows the options, and what this Barman can print', async t => {
  t.equal(formatOf(get('get-wal'), {}, globals), 'bytes')
  for (const given of [{ peek: 1 }, { test: true }, { output_directory: '/x' }]) t.equal(formatOf(get('get-wal'), given, globals), 'json')
  t.equal(formatOf(get('check'), {}, globals), 'json')
  t.equal(formatOf(get('check'), { nagios: true }, globals), 'console')
  t.equal(formatOf(get('check'), {}, [option('--format', { choices: ['console'] })]), 'console')
  t.equal(formatOf(get('check'), {}, []), 'console')
})

t.test('put-wal reads a tar archive, unless it only tests', async t => {
  t.equal(stdinOf(get('put-wal'), {}), 'tar')
  t.equal(stdinOf(get('put-wal'), { test: true }), 'none')
  t.equal(stdinOf(get('status'), {}), 'none')
})
