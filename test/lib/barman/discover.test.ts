import { readFile } from 'node:fs/promises'
import t from 'tap'
import type { Catalogue } from '../../../lib/barman/catalogue.ts'
import { type BarmanOutput, discover, DISCOVERY_ENV, type RunBarman } from '../../../lib/barman/discover.ts'
import { describe } from '../../support/describe.ts'
import { printing } from '../../support/oracle.ts'
import { renderCommand, renderTop } from '../../support/render-help.ts'

const layout = { library: 'argparse', python: 310, columns: Number(DISCOVERY_ENV.COLUMNS) } as const
const fixture = await readFile(new URL('../../fixtures/catalogues/3.20.1.json', import.meta.url), 'utf8')
const catalogue = describe(JSON.parse(fixture) as Catalogue) // written by us, in this very shape

t.test('the catalogue is what version and helps say, in the order of the help', async (t) => {
  t.strictSame(await discover(printing(helpsOf(catalogue), '3.20.1'), { concurrency: 3 }), catalogue)
})

t.test('barman is asked once for its version, its help and each command, never for an alias, never for `help`', async (t) => {
  const asked: string[] = []
  const run = printing(helpsOf(catalogue), '3.20.1')
  await discover((args) => { asked.push(args.join(' ')); return run(args) }, { concurrency: 2 })
  t.strictSame(asked.sort(), ['--version', '--help', ...catalogue.commands.map(({ name }) => `${name} --help`)].sort())
})

t.test('no more barmans run at a time than allowed, and so many do', async (t) => {
  for (const concurrency of [1, 2, 5]) {
    let running = 0
    let most = 0
    const run = printing(helpsOf(catalogue), '3.20.1')
    await discover(async (args) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return run(args)
    }, { concurrency })
    t.equal(most, concurrency)
  }
})

t.test('a version is read as every Barman prints it', async (t) => {
  const printed: ReadonlyArray<readonly [string, Pick<BarmanOutput, 'stdout' | 'stderr'>]> = [
    ['3.4.0', { stdout: '3.4.0 Barman by EnterpriseDB (www.enterprisedb.com)\n', stderr: '' }],
    ['2.12', { stdout: '2.12\n\nBarman by 2ndQuadrant (www.2ndQuadrant.com)\n', stderr: '' }],
    ['1.6.1', { stdout: '', stderr: '1.6.1\n' }],
    ['4.0.0a1', { stdout: '4.0.0a1 Barman\n', stderr: 'DeprecationWarning: 2.7 is old\n' }],
    ['2.5', { stdout: '', stderr: 'x.py:1: DeprecationWarning: 2.7 is old\n2.5\n' }]
  ]
  for (const [version, output] of printed) {
    t.equal((await discover(answering('--version', { exitCode: 0, ...output }), { concurrency: 1 })).version, version)
  }
})

t.test('without a version, or without its help, barman is unusable', async (t) => {
  for (const [asked, output] of [
    ['--version', { exitCode: 1, stdout: '3.4.0\n', stderr: '' }],
    ['--version', { exitCode: 0, stdout: 'Barman\n', stderr: '' }],
    ['--version', { exitCode: null, stdout: '', stderr: '' }],
    ['--help', { exitCode: 1, stdout: '', stderr: 'OSError: [Errno 38] Function not implemented\n' }],
    ['--help', { exitCode: 0, stdout: 'hello\n', stderr: '' }]
  ] as const) await t.rejects(discover(answering(asked, output), { concurrency: 2 }), { code: 'barman-unusable' })
})

t.test('what the runner throws for version or help comes through, after every barman has ended', async (t) => {
  const error = new Error('no such host')
  let running = 0
  const run: RunBarman = async ([option]) => {
    running++
    if (option === '--version') { running--; throw error }
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return { exitCode: 0, stdout: '', stderr: '' }
  }
  await t.rejects(discover(run, { concurrency: 2 }), error)
  t.equal(running, 0)
})

t.test('a command whose help fails twice is left out, told of, and breaks nothing', async (t) => {
  const skipped: string[] = []
  const onSkipped = (name: string, cause: unknown): void => { skipped.push(`${name}: ${cause}`) }
  const read = await discover(answering('backup', { exitCode: 1, stdout: '', stderr: 'EXCEPTION' }), { concurrency: 2, onSkipped })
  t.strictSame(read.commands, catalogue.commands.filter(({ name }) => name !== 'backup'))
  t.strictSame(skipped, ['backup: AppError: barman backup --help ended with 1: EXCEPTION'])
})

t.test('a command whose help fails once is asked again, and stays in its place', async (t) => {
  let failures = 0
  const run = printing(helpsOf(catalogue), '3.20.1')
  const read = await discover(async (args) => {
    if (args[0] === 'check' && failures++ === 0) throw new Error('timed out')
    return run(args)
  }, { concurrency: 4, onSkipped: (name) => t.fail(name) })
  t.equal(failures, 2)
  t.strictSame(read, catalogue)
})

t.test('when no command explains itself, barman is unusable', async (t) => {
  const top = { '': helpsOf(catalogue)[''] ?? '' }
  await t.rejects(discover(printing(top, '3.20.1'), { concurrency: 8 }), { code: 'barman-unusable' })
})

t.test('the help of a command that names another belongs to that one', async (t) => {
  const [first, second] = catalogue.commands
  if (first === undefined || second === undefined) return t.fail('the fixture is empty')
  const listedTwice = { ...catalogue, commands: [{ ...first, aliases: [] }, { ...second, aliases: [] }] }
  const read = await discover(printing({ ...helpsOf(listedTwice), [second.name]: renderCommand(first, layout) }, '3.20.1'), { concurrency: 1 })
  t.strictSame(read.commands, [{ ...first, aliases: [second.name] }])
})

t.test('an alias whose command cannot be read stays a command', async (t) => {
  const [first, second] = catalogue.commands
  if (first === undefined || second === undefined) return t.fail('the fixture is empty')
  const listedTwice = { ...catalogue, commands: [{ ...first, aliases: [] }, { ...second, aliases: [] }] }
  const helps = { '': renderTop(listedTwice, layout), [second.name]: renderCommand(first, layout) }
  const read = await discover(printing(helps, '3.20.1'), { concurrency: 1 })
  t.strictSame(read.commands, [{ ...first, name: second.name, aliases: [], description: second.description }])
})

t.test('two names with a help each are two commands, as list-server and list-servers were in 2.15', async (t) => {
  const [first] = catalogue.commands
  if (first === undefined) return t.fail('the fixture is empty')
  const commands = ['list-server', 'list-servers'].map((name) => ({ ...first, name }))
  t.strictSame((await discover(printing(helpsOf({ ...catalogue, commands }), '2.15'), { concurrency: 1 })).commands, commands)
})

t.test('a program of another name changes nothing: commands are called as the top help lists them', async (t) => {
  const helps = Object.fromEntries(Object.entries(helpsOf(catalogue)).map(([name, help]) => [name, help.replace('usage: barman', 'usage: barman-3')]))
  t.strictSame(await discover(printing(helps, '3.20.1'), { concurrency: 3 }), catalogue)
})

function helpsOf (catalogue: Catalogue): Record<string, string> {
  return { '': renderTop(catalogue, layout), ...Object.fromEntries(catalogue.commands.map((command) => [command.name, renderCommand(command, layout)])) }
}

/** A barman that answers one question in its own way. */
function answering (asked: string, output: BarmanOutput): RunBarman {
  const run = printing(helpsOf(catalogue), '3.20.1')
  return async (args) => args[0] === asked ? output : run(args)
}
