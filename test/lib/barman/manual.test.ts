import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import t from 'tap'
import { locateManual, parseManual } from '../../../lib/barman/manual.ts'

const fixture = (name: string) => readFile(new URL(`../../fixtures/manual/${name}`, import.meta.url), 'utf8')

t.test("Pandoc's plain layout: a name behind .TP, the scope as last line", async (t) => {
  t.same(parseManual(await fixture('pandoc-plain.5')), [
    {
      name: 'color',
      description: 'Paint of the shed, as "name" or number. If green (default), nobody objects.',
      scope: ['global', 'server'],
      default: 'green'
    },
    { name: 'doors', description: 'How many color doors there are. Positive integer, default 2.', scope: ['server'], default: '2' },
    { name: 'shape', description: "One of:\n\n- round: it rolls\n- square: it's steady\n\nMind the wind.", scope: ['global', 'server'] },
    { name: 'key_holder', description: 'Who has the key. See doors = 1.\n\nNot a name Stands among them all the same.', scope: [] }
  ])
})

t.test("Pandoc's bold layout: a name that lost its .TP is none, and spoils no other", async (t) => {
  t.same(parseManual(await fixture('pandoc-bold.5')), [
    { name: 'color', description: 'Paint of the shed wall, for read-only eyes. Default: %(base)s.', scope: ['global'], default: '%(base)s' },
    { name: 'doors', description: 'How many there are. Default: None (disabled).', scope: ['global', 'server'], default: 'None' },
    { name: 'shape', description: 'Its outline:\n\n- round (default when color = green): it rolls', scope: [] }
  ])
})

t.test("Docutils' layout: names alone in bold, not those in notes, tables or running text", async (t) => {
  t.same(parseManual(await fixture('docutils.5')), [
    {
      name: 'color',
      description: 'Paint of the shed. Set to green (default) for peace. Other values, such as doors or blue, need a meeting.\n\n' +
        'Note:\n\nPaint dries—slowly.\n\ndoors\n\nmay stick.\n\nDeprecated since version 2: use doors.',
      scope: ['global', 'server', 'model'],
      default: 'green'
    },
    {
      name: 'doors',
      description: 'How many there are. The default value is 2 for huts, 3 for barns.\n\n- one: a door\n- two: more\n\n' +
        'Hinges\n\nDoors | Hinges\none | 2 or 3\n\ndoors = 1\n  hinges = 2',
      scope: ['server', 'model']
    },
    { name: 'roof_path', description: 'Where the roof is. Defaults to color.', scope: ['global'] },
    { name: 'roof_age', description: 'Its age. Default is 30 years. Must not be negative.', scope: ['model'], default: '30' }
  ])
})

t.test('a page of another layout, or none at all, has no entries', async (t) => {
  for (const text of ['', 'plain text', '.SH NAME\n.TP\nname\ntext', '.SH OPTIONS\n', '.SH OPTIONS\n.Bl -tag\n.It Ar name\ntext']) {
    t.same(parseManual(text), [], JSON.stringify(text))
  }
  t.same(parseManual('\0\u2028\r'), [], 'control characters')
})

t.test('a page above 4 MiB is not read', async (t) => {
  const page = '.SH OPTIONS\n.TP\nname\ntext\n'
  t.equal(parseManual(page).length, 1)
  t.same(parseManual(page.padEnd(4_194_305, '\n')), [])
})

t.test('no text makes it fail', async () => {
  const parts = [
    '.SH OPTIONS\n', '.TP\n', '.B ', '.RS\n', '.RE\n', '.TS\n', '.TE\n', '.nf\n', '.IP "', '.SS x\n', '\\fB', '\\fP', 'T{', 'T}',
    '\t', 'name', '\n', 'Server.\n', '\\', "'"
  ]
  const page = fc.array(fc.oneof(fc.constantFrom(...parts), fc.string()), { maxLength: 60 }).map((found) => `.SH OPTIONS\n${found.join('')}`)
  fc.assert(fc.property(page, (text) => parseManual(text).every(({ name }) => /^[a-z][a-z0-9_]*$/.test(name))))
})

t.test('hostile pages of 1 MiB take time in proportion', async (t) => {
  const hostile = [
    '\\[', "\\X'", '\\f[', '\\f(', '<#', '<', '.', '.B ', '\ue000', '\\fB', '\\fBa\\fP (', 'Default ', 'Global/', 'Scope: Global / ', 'T{\t',
    '"', ' ', 'a '
  ]
  for (const word of hostile) {
    const started = process.cpuUsage()
    parseManual(`.SH OPTIONS\n.TP\nname\n${word.repeat(1_000_000 / word.length)}`)
    const { user } = process.cpuUsage(started)
    t.ok(user < 10_000_000, `${JSON.stringify(word)}: ${user / 1000} ms`) // quadratic: hours
  }
})

t.test('the page is looked for beside the executable first, then where systems keep it', async (t) => {
  t.same(locateManual('/opt/venv/bin/barman'), [
    '/opt/venv/share/man/man5/barman.5.gz', '/opt/venv/share/man/man5/barman.5',
    '/usr/share/man/man5/barman.5.gz', '/usr/share/man/man5/barman.5',
    '/usr/local/share/man/man5/barman.5.gz', '/usr/local/share/man/man5/barman.5'
  ])
  t.equal(locateManual('/usr/bin/barman').length, 4)
  t.equal(locateManual('barman').length, 4)
  t.equal(locateManual('/bin/barman')[0], '/share/man/man5/barman.5.gz')
})
