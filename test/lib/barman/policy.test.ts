import t from 'tap'
import { isLong, laneOf } from '../../../lib/barman/needs.ts'
import { snakeCase } from '../../../lib/barman/names.ts'
import { parameterName, resolvePolicy, unclassified } from '../../../lib/barman/policy.ts'
import { POLICY_TABLE } from '../../../lib/barman/policy-table.ts'
import type { CommandPolicy, ParameterPolicy } from '../../../lib/barman/policy-types.ts'
import { command, compiled, historicCatalogue, option, positional, realCatalogue, ROWS, VERSIONS } from './policy-fixtures.ts'

t.test('every command and option of Barman 1.2 to 3.20.1 is classified by name', async t => {
  t.ok(ROWS.length > 250, 'the table of facts is whole')
  t.same(unclassified(historicCatalogue()), [])
  for (const version of VERSIONS) t.same(unclassified(realCatalogue(version)), [], version)
})

t.test('what a new Barman brings is reported by name', async t => {
  const future = {
    version: '9.9.9',
    globalOptions: [option('--telepathy')],
    commands: [command({ name: 'backup', options: [option('--warp-factor'), option('-w')] }), command({ name: 'teleport' })]
  }
  t.same(unclassified(future), ['(global).telepathy', 'backup.warp_factor', 'backup.-w', 'teleport'])
})

t.test('the table names nothing that no Barman ever had, and nothing twice', async t => {
  const known = historicCatalogue()
  for (const { names, parameters } of POLICY_TABLE) {
    const commands = known.commands.filter(({ name }) => names.includes(name))
    t.same(names.filter(name => !commands.some(command => command.name === name)), [], names.join())
    const items = new Set(commands.flatMap(({ positionals, options }) => [...positionals, ...options].map(parameterName)))
    t.same(Object.keys(parameters).filter(name => !items.has(name)), [], `${names[0]}: parameters`)
  }
  const names = POLICY_TABLE.flatMap(row => row.names)
  t.equal(new Set(names).size, names.length)
})

t.test('every alias of any version lies in the row of its command', async t => {
  const aliases = ROWS.filter(({ item }) => item.startsWith('ALIAS of '))
  t.ok(aliases.length > 6)
  for (const { command, item } of aliases) t.equal(rowOf(command), rowOf(item.slice('ALIAS of '.length)), command)
})

t.test('what argparse takes as a number is an integer, with the lower bound of its type', async t => {
  const minimums = new Map([['check_non_negative', 0], ['check_positive', 1], ['int', 0]])
  const words = new Set(['target_tli', 'target-tli']) // latest and current since 2.19
  const rows = ROWS.filter(({ pythonType, item }) => minimums.has(pythonType) && !words.has(item.slice(2)))
  t.ok(rows.length > 20)
  for (const row of rows.filter(row => !isOlderOfTwo(row.command, row.item, row.pythonType))) {
    const policy = policyOf(row.command, row.item)
    t.equal(policy.type, 'integer', `${row.command} ${row.item}`)
    t.equal(policy.minimum, minimums.get(row.pythonType), `${row.command} ${row.item}`)
  }
})

t.test('only what argparse appends may be repeated', async t => {
  for (const row of ROWS.filter(({ item }) => item.startsWith('--') || item.startsWith('<'))) {
    if (row.action === 'Help' || row.command === '(global)') continue
    t.equal(policyOf(row.command, row.item).repeat === true, row.action === 'Append', `${row.command} ${row.item}`)
  }
})

t.test('classes are as decided: each command needs the scope of its own', async t => {
  t.same(namesWhere(row => row.class === 'read'), [
    'check', 'check-archived-wal-range', 'check-wal-archive', 'diagnose', 'help', 'list-backups', 'list-files',
    'list-processes', 'list-servers', 'replication-status', 'show-backup', 'show-servers', 'status', 'sync-info'
  ])
  t.same(namesWhere(row => row.class === 'restore'), ['cloud-wal-restore', 'export-backup', 'get-wal', 'restore'])
  t.same(namesWhere(row => row.class === 'destroy'), ['cloud-wal-archive', 'delete', 'put-wal'])
  t.same(namesWhere(row => row.class === 'config'), ['config-switch', 'config-update', 'lock-directory-cleanup'])
  t.ok(['cron', 'receive-wal', 'terminate-process'].every(name => rowOf(name).class === 'operate'))
})

t.test('exec marks whatever runs a command or names a path to write or read, and nothing else', async t => {
  t.same(POLICY_TABLE.flatMap(row => Object.entries(row.parameters)
    .filter(([, policy]) => policy.exec === true).map(([name]) => `${row.names[0]}.${name}`)).sort(), [
    'backup.cloud_staging_directory', 'cloud-wal-archive.wal_path', 'cloud-wal-restore.spool_dir',
    'cloud-wal-restore.wal_dest', 'config-update.json_changes', 'export-backup.output_directory',
    'get-wal.output_directory', 'import-backup.input_tarball', 'restore.destination_directory',
    'restore.local_staging_path', 'restore.recovery_conf_filename', 'restore.recovery_staging_path',
    'restore.remote_ssh_command', 'restore.restore_command', 'restore.staging_path', 'restore.staging_wal_directory',
    'restore.tablespace'
  ])
})

t.test('cron --keep-descriptors, which keeps the caller\'s pipes open for ever, is never offered', async t => {
  for (const version of VERSIONS) t.notOk(compiled(version, 'cron').keys.has('keepdescriptors'), version)
})

t.test('formats avoid JSON where Barman spoils it, and where it would hide progress', async t => {
  t.same(namesWhere(row => row.format === 'bytes'), ['get-wal'])
  t.same(namesWhere(row => row.format === 'console'), [
    'backup', 'diagnose', 'export-backup', 'generate-manifest', 'help', 'import-backup', 'receive-wal', 'restore',
    'sync-backup', 'sync-info', 'sync-wals', 'verify-backup'
  ])
  t.equal(rowOf('check').parameters.nagios?.format, 'console')
})

t.test('long commands and lanes are as decided', async t => {
  t.same(namesWhere(row => row.long === true), [
    'backup', 'export-backup', 'generate-manifest', 'import-backup', 'restore', 'sync-backup', 'sync-wals', 'verify-backup'
  ])
  t.same(namesWhere(row => row.lane === 'change'), ['archive-wal', 'backup', 'delete', 'import-backup', 'rebuild-xlogdb'])
  t.ok(['show-servers', 'diagnose', 'sync-info'].every(name => rowOf(name).job === 'never'))
  t.same(namesWhere(row => row.holds === 'backup'), ['export-backup', 'restore'])
  t.same(namesWhere(row => row.stdin === 'tar'), ['put-wal'])
  t.equal(laneOf(compiled('3.4.0', 'recover')), null)
  t.ok(isLong(compiled('3.4.0', 'recover'), {}, []))
})

t.test('each row has a sentence of our own', async t => {
  for (const row of POLICY_TABLE) t.match(row.summary, /^[A-Z][^.]+\.$/, row.names.join())
})

t.test('an unknown command needs destroy and keeps other changes away', async t => {
  const policy = resolvePolicy(command({ name: 'teleport', description: 'Teleports. Twice.', positionals: [positional('server_name')] }))
  t.match(policy, { isKnown: false, class: 'destroy', lane: 'change', summary: 'Teleports.', names: ['teleport'] })
  t.same(policy.parameters, { server_name: { type: 'server' } })
})

t.test('an unknown option needs exec if its name, metavar or help names a command, path, file or directory', async t => {
  const options = [
    option('--run-command'), option('--into', { metavar: 'DIR' }), option('--shape', { description: 'read from this file' }),
    option('--log-dir'), option('--warp', { metavar: 'FACTOR', description: 'speed of the profiled copy' })
  ]
  const { parameters } = resolvePolicy(command({ name: 'backup', options, positionals: [positional('wal_path')] }))
  t.same(Object.keys(parameters).filter(name => parameters[name]?.exec), ['wal_path', 'run_command', 'into', 'shape', 'log_dir'])
})

t.test('had the table forgotten a dangerous option of 3.20.1, its name or metavar would have marked it', async t => {
  const silent = 'json_changes' // "configuration changes" stands in its description only, which the fixture leaves out
  t.match(resolvePolicy(command({ positionals: [positional(silent, { description: 'the configuration changes to apply' })] })),
    { parameters: { [silent]: { exec: true } } })
  let count = 0
  for (const { name, options, positionals } of realCatalogue('3.20.1').commands) {
    for (const item of [...positionals, ...options]) {
      const own = parameterName(item) ?? ''
      if (policyOf(name, own).exec !== true || own === silent) continue
      const stranger = 'names' in item ? command({ options: [item] }) : command({ positionals: [item] })
      t.match(Object.values(resolvePolicy(stranger).parameters), [{ exec: true }], `${name} ${own}`)
      count++
    }
  }
  t.equal(count, 16)
})

function rowOf (name: string): CommandPolicy {
  const row = POLICY_TABLE.find(({ names }) => names.includes(name))
  if (row === undefined) throw new Error(`no row for ${name}`)
  return row
}

function namesWhere (is: (row: CommandPolicy) => boolean): string[] {
  return POLICY_TABLE.filter(is).map(({ names: [name = ''] }) => name).sort()
}

function policyOf (name: string, item: string): ParameterPolicy {
  const longest = item.replaceAll(/[<>]/g, '').split(',').sort((a, b) => b.length - a.length)[0] ?? ''
  const policy = rowOf(name).parameters[snakeCase(longest)]
  if (policy === undefined) throw new Error(`${name} ${item} is not in its row`)
  return policy
}

/** --retry-times and --retry-sleep had to be positive up to 1.6.0. */
function isOlderOfTwo (command: string, item: string, pythonType: string): boolean {
  return ROWS.some(row => row.command === command && row.item === item && row.pythonType !== pythonType &&
    row.pythonType === 'check_non_negative')
}
