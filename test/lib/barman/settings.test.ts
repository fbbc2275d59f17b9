import t from 'tap'
import { complete, fromDiagnose, fromFiles } from '../../../lib/barman/settings.ts'
import { barmanDialect } from '../../../lib/dialect/barman-dialect.ts'
import { mergeFiles } from '../../../lib/dialect/barman-files.ts'
import { parseConfig } from '../../../lib/dialect/python-config.ts'

const PLAIN = {
  global: { config: { barman_home: '"/srv"', compression: 'gzip', errors_list: [] }, system_info: { barman_ver: '3.4.0' } },
  servers: {
    pg: { config: { name: 'pg', msg_list: ['x'], active: true, compression: 'gzip', description: null, path_prefix: null }, status: {} }
  }
}

const SOURCED = {
  global: { config: { barman_home: { value: '/srv', source: '/etc/barman.conf' }, errors_list: [] } },
  servers: {
    pg: {
      config: {
        active: { value: true, source: 'default' },
        bandwidth_limit: { value: 4, source: '/d/pg.conf' },
        name: { value: 'pg', source: 'default' }
      }
    }
  },
  models: { m: { config: { active: { value: null, source: 'default' }, model: { value: true, source: '/d/m.conf' } } } }
}

const file = (path: string, ...lines: string[]) => ({ path, document: parseConfig(lines.join('\n')) })

const FILES = [
  file('/etc/barman.conf', '[barman]', 'barman_home = "/srv"', 'log_level = INFO', 'compression = gzip', 'description = of all'),
  file('/d/pg.conf', '[pg]', 'path_prefix = None', 'slot_name = "a"', '[m]', 'model = yes', 'cluster = pg')
]
const read = (version: string) => mergeFiles(FILES, barmanDialect(version))

t.test('a plain diagnose gives values, and nothing about their sources', async (t) => {
  const unknown = { source: null, isDefault: null }
  t.same(fromDiagnose(PLAIN), [
    { section: 'barman', kind: 'global', settings: { barman_home: { value: '/srv', ...unknown }, compression: { value: 'gzip', ...unknown } } },
    {
      section: 'pg',
      kind: 'server',
      settings: {
        active: { value: true, ...unknown },
        compression: { value: 'gzip', ...unknown },
        description: { value: null, ...unknown },
        path_prefix: { value: null, ...unknown }
      }
    }
  ])
})

t.test('a diagnose with sources tells files from defaults, for models too', async (t) => {
  t.same(fromDiagnose(SOURCED), [
    { section: 'barman', kind: 'global', settings: { barman_home: { value: '/srv', source: '/etc/barman.conf', isDefault: false } } },
    {
      section: 'pg',
      kind: 'server',
      settings: {
        active: { value: true, source: null, isDefault: true },
        bandwidth_limit: { value: 4, source: '/d/pg.conf', isDefault: false }
      }
    },
    {
      section: 'm',
      kind: 'model',
      settings: { active: { value: null, source: null, isDefault: true }, model: { value: true, source: '/d/m.conf', isDefault: false } }
    }
  ])
})

t.test('a value that is an object is not taken for one with its source', async (t) => {
  const limits = { value: 1, source: 2 } // two tablespaces of these names
  const [section] = fromDiagnose({ servers: { pg: { config: { tablespace_bandwidth_limit: limits } } } })
  t.same(section?.settings, { tablespace_bandwidth_limit: { value: limits, source: null, isDefault: null } })
})

t.test('what is no document of diagnose has no sections, and names that objects reserve are names', async (t) => {
  for (const document of [undefined, null, '', [], {}, { servers: null }, { servers: [1], models: 'x' }]) t.same(fromDiagnose(document), [])
  t.same(fromDiagnose({ servers: { pg: 1 } }), [{ section: 'pg', kind: 'server', settings: {} }])
  const [section] = fromDiagnose(JSON.parse('{"servers": {"__proto__": {"config": {"__proto__": 1}}}}'))
  t.equal(section?.section, '__proto__')
  t.same(Object.keys(section?.settings ?? {}), ['__proto__'])
})

t.test('sources are completed from the files, inherited ones included', async (t) => {
  const [global, server] = complete(fromDiagnose(PLAIN), read('3.4.0'))
  t.same(global?.settings.barman_home, { value: '/srv', source: '/etc/barman.conf', isDefault: false })
  t.same(server?.settings, {
    active: { value: true, source: null, isDefault: true },
    compression: { value: 'gzip', source: '/etc/barman.conf', isDefault: false },
    description: { value: null, source: null, isDefault: true }, // set in [barman], but not for servers to inherit
    path_prefix: { value: null, source: '/d/pg.conf', isDefault: false }
  })
})

t.test('sources that Barman told are not touched', async (t) => {
  t.same(complete(fromDiagnose(SOURCED), read('3.20.1')), fromDiagnose(SOURCED))
})

t.test('the files alone give what they set: own, inherited, and no defaults', async (t) => {
  const [global, server, model] = fromFiles(read('3.20.1'))
  const main = { source: '/etc/barman.conf', isDefault: false }
  const own = { source: '/d/pg.conf', isDefault: false }
  t.same(global?.settings.log_level, { value: 'INFO', ...main })
  t.match(server, { section: 'pg', kind: 'server' })
  t.same(server?.settings, {
    barman_home: { value: '/srv', ...main },
    compression: { value: 'gzip', ...main },
    description: { value: 'of all', ...main },
    path_prefix: { value: null, ...own },
    slot_name: { value: 'a', ...own }
  })
  t.same(model, { section: 'm', kind: 'model', settings: { model: { value: 'yes', ...own }, cluster: { value: 'pg', ...own } } })
})

t.test('where it is known what a server inherits, it inherits that', async (t) => {
  const [, server] = fromFiles(read('3.20.1'), new Set(['compression']))
  t.same(Object.keys(server?.settings ?? {}), ['compression', 'path_prefix', 'slot_name'])
})

t.test('before 3.10 there are no models', async (t) => {
  t.same(fromFiles(read('3.4.0')).map(({ kind }) => kind), ['global', 'server', 'server'])
})
