import t from 'tap'
import { barmanDialect, barmanValue, isTrue } from '../../../lib/dialect/barman-dialect.ts'
import { includedFiles, includesOf, mergeFiles } from '../../../lib/dialect/barman-files.ts'
import { parseConfig } from '../../../lib/dialect/python-config.ts'

const OLD = barmanDialect('3.4.0')
const NEW = barmanDialect('3.20.1')

const file = (path: string, ...lines: string[]) => ({ path, document: parseConfig(lines.join('\n')) })
const MAIN = file('main', '[barman]', 'barman_home = /srv', '[pg]', 'archiver = on', 'path_prefix = %(archiver)s')

t.test('the dialect follows the version', async (t) => {
  t.same(['2.12', '3.8.0', '3.9.0', '3.10.0', '3.20.1', '4.0'].map(barmanDialect), [
    { isShared: true, isNoneExact: false }, { isShared: true, isNoneExact: false }, { isShared: true, isNoneExact: true },
    { isShared: false, isNoneExact: true }, { isShared: false, isNoneExact: true }, { isShared: false, isNoneExact: true }
  ])
})

t.test('Barman includes what its shell pattern *.conf finds, sorted by code point', async (t) => {
  const names = ['b.conf', '.barman.auto.conf', 'a.conf', 'a.conf.bak', 'B.conf', '\u{1f600}.conf', '\uffee.conf', '.conf']
  t.same(includedFiles(names), ['B.conf', 'a.conf', 'b.conf', '\uffee.conf', '\u{1f600}.conf'])
})

t.test('the main file says where to read on', async (t) => {
  const main = file('main', '[barman]', 'barman_home = "/srv"', 'configuration_files_directory = ~/d')
  t.same(includesOf(main, NEW, '/home/$&'), { directory: '/home/$&/d', autoFile: '/srv/.barman.auto.conf' })
  t.same(includesOf(main, OLD, '/home'), { directory: '/home/d', autoFile: null })
  t.same(includesOf(file('main', '[pg]'), NEW, '/home'), { directory: null, autoFile: null })
  t.equal(includesOf(file('main', '[barman]', 'configuration_files_directory = /d~/~'), NEW, '/home').directory, '/d~/~')
})

t.test('a later file wins, and each option knows its file and its lines', async (t) => {
  const { sections, faults } = mergeFiles([MAIN, file('auto', '', '[pg]', 'archiver = off')], NEW)
  t.same(faults, [])
  t.match(sections.get('pg')?.get('archiver'), { value: 'off', source: 'auto', entry: { from: 2, to: 3 } })
  t.match(sections.get('pg')?.get('path_prefix'), { value: 'on', source: 'main' }, 'resolved within its file')
})

t.test('up to 3.9 a reference sees what a later file made of it', async (t) => {
  const { sections } = mergeFiles([MAIN, file('auto', '[pg]', 'archiver = off')], OLD)
  t.equal(sections.get('pg')?.get('path_prefix')?.value, 'off')
})

t.test('[DEFAULT] of an included file is for that file since 3.10, and stopped Barman before', async (t) => {
  const files = [MAIN, file('more', '[DEFAULT]', 'compression = gzip', '[two]')]
  const { sections, faults } = mergeFiles(files, NEW)
  t.same(faults, [])
  t.match(sections.get('two')?.get('compression'), { value: 'gzip', source: 'more' })
  t.notOk(sections.get('pg')?.has('compression'))
  t.match(mergeFiles(files, OLD).faults, [{ path: 'more', error: 'GlobalSectionChanged' }])
})

t.test('an included file may repeat [barman], not change it', async (t) => {
  t.same(mergeFiles([MAIN, file('same', '[barman]', 'barman_home = /srv')], NEW).faults, [])
  t.match(mergeFiles([MAIN, file('other', '[barman]', 'barman_home = /tmp')], NEW).faults, [{ path: 'other', error: 'GlobalSectionChanged' }])
})

t.test('a file with faults is left out, and they are named with their lines', async (t) => {
  const { sections, faults } = mergeFiles([MAIN, file('broken', '[two]', 'a = 1', 'neither')], NEW)
  t.match(faults, [{ path: 'broken', line: 2, error: 'ParsingError' }])
  t.same([...sections.keys()], ['barman', 'pg'])
})

t.test('an option that cannot be resolved is there without a value, and named', async (t) => {
  for (const dialect of [OLD, NEW]) {
    const { sections, faults } = mergeFiles([file('main', '[pg]', 'a = 1', 'b = %(barman_home)s')], dialect)
    t.match(faults, [{ path: 'main', line: 2, error: 'InterpolationMissingOptionError' }])
    t.equal(sections.get('pg')?.get('b')?.value, null)
    t.equal(sections.get('pg')?.get('a')?.value, '1')
  }
})

t.test('a literal per cent sign is written %% up to 3.9, and %%%% since', async (t) => {
  const half = file('main', '[pg]', 'description = 50%%')
  const quarter = file('main', '[pg]', 'description = 50%%%%')
  t.equal(mergeFiles([half], OLD).sections.get('pg')?.get('description')?.value, '50%')
  t.match(mergeFiles([half], NEW).faults, [{ line: 1, error: 'ValueError' }])
  t.equal(mergeFiles([quarter], NEW).sections.get('pg')?.get('description')?.value, '50%')
})

t.test('one outer pair of quotes goes; empty and None are no value', async (t) => {
  const cases: Array<[string, string | null]> = [
    ['"a b"', 'a b'], ["'a'", 'a'], ['""a""', '"a"'], ['"a\'', '"a\''], ['"', '"'], ['"a"b', '"a"b'], ['"a\nb"', '"a\nb"'],
    ['', null], ['""', null], ['None', null], ['"None"', null], ['none', 'none']
  ]
  for (const [text, value] of cases) t.equal(barmanValue(text, NEW), value, text)
  t.equal(barmanValue('none', OLD), null, 'up to 3.8 in any case')
})

t.test('truth has the spellings of Barman', async (t) => {
  for (const value of ['true', 'T', 'yes', '1', 'On']) t.ok(isTrue(value), value)
  for (const value of ['false', 'y', '', 'enabled', '11']) t.notOk(isTrue(value), value)
})
