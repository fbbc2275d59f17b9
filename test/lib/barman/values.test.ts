import fc from 'fast-check'
import t from 'tap'
import { VALUE_KINDS, valueFault, type ValueType } from '../../../lib/barman/values.ts'

const GOOD: Readonly<Record<ValueType, readonly string[]>> = {
  text: ['x', '-x', 'ü 日本 🐘', 'a'.repeat(4096), 'ssh postgres@db2'],
  server: ['main', 'all', 'my server', '../x'.replaceAll('/', ':'), '_ERROR', 'a'.repeat(255), 'cluster:model', 'ärger'],
  model: ['main:standby', 'x', 'a.b_c@d+e-f', 'a'.repeat(255)],
  'backup-id': ['20260131T020000', 'latest', 'last', 'oldest', 'first', 'last-failed', 'latest-full', 'last-full', 'auto',
    'before upgrade', 'weekly-1', 'failed2', 'x', 'a:b@c+d.e'],
  'backup-name': ['before upgrade', 'weekly-1', '20260131'],
  'wal-name': ['000000010000000000000001', '0000000100000000000000FF.partial', '000000010000000000000001.00000028.backup',
    '0000000A.history'],
  'wal-segment': ['000000010000000000000001'],
  path: ['/', '/var/lib/pg data/15', '/a//b/', '/..a/b..', '/' + 'a'.repeat(4094)],
  'relative-path': ['postgresql.auto.conf', 'conf.d/x.conf'],
  'target-time': ['2026-01-31 02:00:00', '2026-01-31T02:00:00Z', '2026-01-31 02:00:00.123456+02:00', '2024-02-29 23:59:59-0930',
    '2026-01-31 02:00:00+02', '2000-02-29 00:00:00'],
  timeline: ['1', '4294967295', 'latest', 'current'],
  lsn: ['0/3000060', 'FFFFFFFF/FFFFFFFF', 'a/b'],
  'transaction-id': ['0', '742', '18446744073709551615'],
  'restore-point': ['before upgrade', 'x'.repeat(63)],
  tablespace: ['fast:/mnt/ssd', 'a b:/x:y'],
  size: ['1', '30Gi', '500M', '1k'],
  task: ['receive-wal', 'backup'],
  'config-changes': ['[]', '[{"scope":"server","server_name":"main","archiver":"on","parallel_jobs":2}]',
    '[{"scope":"model","model_name":"m:1","cluster":"c","model":true}]']
}

const BAD: Readonly<Record<ValueType, readonly string[]>> = {
  text: ['a\nb', 'a\u0000', '\u007f', '\ud800', 'x\udc00', 'a\u2028b', 'a\u0085b', 'a'.repeat(4097)],
  server: ['-x', 'a/b', '../x', 'a\tb', 'a'.repeat(256)],
  model: ['', '-x', 'a/b', 'a b', '$(id)', 'ärger', 'a'.repeat(256)],
  'backup-id': ['$(id)', '; id', 'a`b', 'ü', '…', '...', 'a', '-', 'fail', 't-f', 'failed', '-x', 'a/b', '.', '..', ' x', 'x ', ' ', 'a\nb', 'a'.repeat(256)],
  'backup-name': ['latest', 'auto', '20260131T020000', 'fail', '-x', 'a/b'],
  'wal-name': ['00000001000000000000000', '00000001000000000000000g', '00000001000000000000000a', '00000001.histor',
    '000000010000000000000001; touch x', '000000010000000000000001\n', '../000000010000000000000001'],
  'wal-segment': ['0000000A.history', '000000010000000000000001.partial'],
  path: ['x', './x', '/a/../b', '/..', '/a/.', '/.', '/a\nb', '/' + 'a'.repeat(4095), '~/x', '-x'],
  'relative-path': ['.hidden', 'a b', '$(id)', 'a//b', '/x', '../x', 'a/../b', 'a/..', '.', '..', '-x'],
  'target-time': ['2026-01-31', '2026-01-31 02:00', 'yesterday', '2026-02-29 00:00:00', '2026-13-01 00:00:00', '2026-00-10 00:00:00',
    '2026-04-31 00:00:00', '2026-01-31 24:00:00', '2026-01-31 02:60:00', '2026-01-31 02:00:60', '2026-01-31 02:00:00+16:00',
    '2026-01-31 02:00:00+02:60', '0000-01-01 00:00:00', '1900-02-29 00:00:00', '2026-01-31 02:00:00 02:00', '2026-01-31  02:00:00',
    '2026-01-31 02:00:00.', '26-01-31 02:00:00', '2026-01-31 02:00:00 +02:00', '2026-01-31 02:00:00 CET'],
  timeline: ['0', '01', '-1', '4294967296', 'Latest', '1.5', 'x'],
  lsn: ['0', '0/', '/0', '0/G', '0/123456789', "0/1'"],
  'transaction-id': ['-1', '18446744073709551616', '1e3', '0x1', '+1'],
  'restore-point': ["x'", 'x\\', 'x\ny', 'x'.repeat(64)],
  tablespace: ['fast', 'fast:', ':/mnt', 'fast:mnt', 'fast:/a/../b', 'a/b:/x'],
  size: ['Gi', '1.5G', '-1', '1 G', '1KB'],
  task: ['Receive', 'a b', '-x', '../x'],
  'config-changes': ['{}', 'null', '[1]', '[[]]', 'not json', '[{}]', '[{"scope":"server"}]',
    '[{"scope":"server","server_name":"barman","x":"y"}]', '[{"scope":"server","server_name":"DEFAULT"}]',
    '[{"scope":"server","server_name":"main","x":"a\\nb"}]', '[{"scope":"server","server_name":"main","x":"50%"}]',
    '[{"scope":"server","server_name":"main","x = 1\\ny":"2"}]', '[{"scope":"server","server_name":"main","x":null}]',
    '[{"scope":"server","server_name":"main","x":{}}]', '[{"scope":"server","server_name":"a]\\n[b"}]', '[{"scope":"all"}]',
    `[${'['.repeat(9000)}`]
}

for (const type of Object.keys(VALUE_KINDS) as ValueType[]) { // the keys of a record of that very type
  t.test(`${type}: good values pass, and its published pattern agrees`, async t => {
    for (const value of GOOD[type]) {
      t.equal(valueFault(type, value), null, shown(value))
      t.match(value, new RegExp(VALUE_KINDS[type].pattern.source), shown(value))
    }
  })

  t.test(`${type}: bad values are refused with a reason`, async t => {
    for (const value of ['', ...BAD[type]]) t.match(valueFault(type, value), /^[a-z].{10,}/, shown(value))
  })
}

t.test('no text that Barman would take for last-failed selects a backup (it looks for it inside the word)', async t => {
  const word = 'last-failed'
  const parts = new Set([...word].flatMap((_, from) => [...word].map((_, length) => word.slice(from, from + length + 1))))
  t.same([...parts].filter(part => valueFault('backup-id', part) === null).sort(), ['last', 'last-failed'])
})

t.test('a plus that was not encoded is told as %2B', async t => {
  for (const time of ['2026-01-31 02:00:00 02:00', '2026-01-31T02:00:00.5 0200', '2026-01-31 02:00:00 02']) {
    t.match(valueFault('target-time', time), /%2B/, time)
  }
  t.notMatch(valueFault('target-time', '2026-01-31 02:00'), /%2B/)
})

t.test('every day of the calendar is a target time, and no other day', async t => {
  fc.assert(fc.property(fc.integer({ min: 1970, max: 9999 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }),
    (year, month, day) => {
      const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
      const date = new Date(`${text}T00:00:00Z`)
      const isReal = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
      return (valueFault('target-time', `${text} 00:00:00`) === null) === isReal
    }))
})

t.test('a message repeats no more than 100 characters, and nothing of what may be secret', async t => {
  const long = valueFault('server', `-${'x'.repeat(200)}`)
  t.match(long, /"-x{99}"…$/)
  t.notMatch(valueFault('config-changes', '[{"scope":"server","server_name":"m","conninfo":["hunter2"]}]'), /hunter2/)
  t.notMatch(valueFault('text', 'hunter2\n'), /hunter2/)
})

t.test('whatever is accepted holds no control character, begins no option and leaves no directory', async t => {
  const nasty = fc.string({ unit: fc.constantFrom(...'-./ ~a:%\'"\\\n\0\u2028A0'), maxLength: 12 })
  for (const type of ['server', 'backup-id', 'path', 'relative-path', 'wal-name', 'task'] as const) {
    fc.assert(fc.property(nasty, value => valueFault(type, value) !== null ||
      !/^-|[\p{Cc}\u2028]|^$|(^|\/)\.\.?(\/|$)/u.test(type === 'server' ? value.replace(/^\.+$/, 'x') : value)), { numRuns: 500 })
  }
})

t.test('patterns take linear time even where no length holds them back', async t => {
  for (const [type, { pattern }] of Object.entries(VALUE_KINDS)) {
    for (const seed of ['/a', 'a', ' ', '1', 'a:/', '2026-01-31 ']) {
      const started = performance.now()
      pattern.test(`${seed.repeat(50_000)}\n`)
      t.ok(performance.now() - started < 500, `${type} ${seed}`)
    }
  }
})

/** A value as the name of a test, in which a line break of any alphabet would break the report. */
function shown (value: string): string {
  return [...value.slice(0, 60)].map(c => /[ -~]/.test(c) ? c : `U+${c.codePointAt(0)?.toString(16)}`).join('')
}
