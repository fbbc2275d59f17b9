import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Catalogue } from '../../../lib/barman/catalogue.ts'
import { parseCommandHelp, parseTopHelp } from '../../../lib/barman/help.ts'
import { AppError } from '../../../lib/errors.ts'
import { describe } from '../../support/describe.ts'
import { ordered } from '../../support/oracle.ts'
import { type Layout, renderCommand, renderTop } from '../../support/render-help.ts'

const VERSIONS = ['2.12', '3.4.0', '3.13.3', '3.20.1']
const PYTHONS = [207, 308, 309, 310, 313, 314] as const
const COLUMNS = [10, 20, 40, 80, 200, 10000]
/** From here on no word of ours is wider than its line; below, and below 27 in the list of commands, the structure alone can be known. */
const UNBROKEN_COLUMNS = 80
const QUADRATIC_S = 2 // of CPU for two passes over 256 KiB: in 2026 a linear one took 0.1, a quadratic one 5 to 60

t.setTimeout(120_000)

const catalogues = new Map<string, Catalogue>()
for (const version of VERSIONS) {
  const fixture = await readFile(new URL(`../../fixtures/catalogues/${version}.json`, import.meta.url), 'utf8')
  catalogues.set(version, JSON.parse(fixture) as Catalogue) // written by us, in this very shape
}

for (const [version, catalogue] of catalogues) {
  t.test(`the help of Barman ${version} reads the same in every layout and at every width`, async (t) => {
    for (const library of ['argh', 'argparse'] as const) {
      for (const python of PYTHONS) {
        for (const columns of COLUMNS) readsBack(t, python === 207 ? reversedChoices(catalogue) : catalogue, { library, python, columns })
      }
    }
  })
}

t.test('arbitrary text is a help or a clean refusal, never another error', async () => {
  const grammar = fc.string({ unit: fc.constantFrom(...' \n[]{}(),.-:=ab\u001B['), maxLength: 400 })
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), grammar), (text) => {
    refusesCleanly(text)
    refusesCleanly(`usage: barman ${text}\n\noptions:\n  ${text}`)
  }), { numRuns: 2000 })
})

t.test('a real help with anything done to it is a help or a clean refusal', async () => {
  const texts = [...catalogues.values()].flatMap((catalogue) => {
    const layout = { library: 'argparse', python: 310, columns: 80 } as const
    return [renderTop(catalogue, layout), ...describe(catalogue).commands.map((command) => renderCommand(command, layout))]
  })
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const mutation = fc.record({ text: fc.constantFrom(...texts), at: place, length: fc.nat(200), insert: fc.string({ unit: 'binary' }) })
  fc.assert(fc.property(mutation, ({ text, at, length, insert }) => {
    const start = Math.floor(at * text.length)
    refusesCleanly(text.slice(0, start) + insert + text.slice(start + length))
  }), { numRuns: 2000 })
})

t.test('commands below a placeholder, and options in groups of their own, are found', async (t) => {
  const { commands, globalOptions } = parseTopHelp(`usage: barman [-h] [--lab] COMMAND ...

The commands are:
  none of these

options:
  -h, --help      show this help message and exit

catalog:
  everything that reads

  COMMAND
    backup        take one
    list (ls)     list
                  them

lab:
  --lab [X]       for trials

The end: nothing follows
`)
  t.strictSame(commands, [{ name: 'backup', aliases: [], description: 'take one' }, { name: 'list', aliases: ['ls'], description: 'list them' }])
  t.strictSame(globalOptions, [{ names: ['--lab'], arity: 'optional', metavar: 'X', choices: null, description: 'for trials' }])
})

t.test('a help beyond all bounds is refused', async (t) => {
  const numbered = (count: number, prefix: string): string[] => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
  const page = (options: number): string => ['usage: barman x [-h]', '', 'options:', ...numbered(options, '  --option-'), ''].join('\n')
  const top = (commands: number): string => `usage: barman {a} ...\n\npositional arguments:\n  {${numbered(commands, 'c')}}\n`
  t.equal(parseCommandHelp(page(1000)).options.length, 1000)
  t.throws(() => parseCommandHelp(page(1001)), { code: 'barman-unusable' })
  t.throws(() => parseCommandHelp(page(1).padEnd(256 * 1024 + 1)), { code: 'barman-unusable' })
  t.equal(parseCommandHelp(page(1).padEnd(256 * 1024)).options.length, 1)
  t.equal(parseTopHelp(top(1000)).commands.length, 1000)
  t.throws(() => parseTopHelp(top(1001)), { code: 'barman-unusable' })
  t.throws(() => parseCommandHelp(`usage: barman x [-h] ${numbered(1001, 'p').join(' ')}\n`), { code: 'barman-unusable' })
})

t.test('what is no help is refused', async (t) => {
  for (const text of ['', 'Traceback (most recent call last):\n', "ERROR: please run barman as 'barman' user\n"]) {
    t.throws(() => parseCommandHelp(text), { code: 'barman-unusable' })
    t.throws(() => parseTopHelp(text), { code: 'barman-unusable' })
  }
  t.throws(() => parseTopHelp('usage: barman [-h]\n\noptions:\n  -h, --help  help\n'), { code: 'barman-unusable' }, 'no commands')
})

t.test('the longest help costs no more than its length, whatever stands in it', async (t) => {
  const pieces = ['[', '{', '(', ']', ' ', '\n', '  ', '-', '-a', '-a,', '--a ', '[-a', '[a ', '[a ...] ', 'a [a ...] ', '{a,', 'a-\n',
    '\u001B[', '\u001B[0', '  -a\n', '    a\n', '    a (b)\n', '  {a}\n', '\noptions:\n', '...', ', ', '(a, ', ' ...]]]']
  const heads = ['usage: barman ', 'usage: barman x [-h]\n\n', 'usage: x\n\noptions:\n  --a ', 'usage: x\n\noptions:\n  -a\n     ',
    'usage: x\n\npositional arguments:\n  {a,b}\n    ']
  for (const head of heads) for (const piece of pieces) t.ok(cpuSecondsOf(head.padEnd(256 * 1024, piece)) < QUADRATIC_S, JSON.stringify([head, piece]))
})

function cpuSecondsOf (text: string): number {
  const before = process.cpuUsage()
  refusesCleanly(text)
  const { user } = process.cpuUsage(before) // not the clock: other tests run beside this one
  return user / 1e6
}

function readsBack (t: Test, structure: Catalogue, layout: Layout): void {
  const wanted = describe(structure)
  const { globalOptions, commands } = parseTopHelp(renderTop(wanted, layout))
  const helps = new Map(wanted.commands.map((command) => [command.name, parseCommandHelp(renderCommand(command, layout))]))
  const found = { version: wanted.version, globalOptions, commands: commands.map((listed) => ({ ...helps.get(listed.name), ...listed })) }
  const name = `${layout.library}, Python ${layout.python}, COLUMNS=${layout.columns}`
  if (layout.columns >= UNBROKEN_COLUMNS) t.strictSame(found, wanted, name)
  else t.strictSame(bare(ordered(found as Catalogue)), bare(ordered(wanted)), name) // complete, or the comparison says so
  const descriptions = wanted.commands.map(({ name }) => helps.get(name)?.description)
  if (layout.columns >= UNBROKEN_COLUMNS) t.strictSame(descriptions, wanted.commands.map(({ description }) => description))
}

/** Python 2.7 prints choices in no order of its own. */
function reversedChoices (catalogue: Catalogue): Catalogue {
  const reverse = (key: string, value: unknown): unknown => key === 'choices' && Array.isArray(value) ? value.reverse() : value
  return JSON.parse(JSON.stringify(catalogue), reverse) as Catalogue // the same shape
}

function bare (value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => key === 'description' ? '' : inner))
}

function refusesCleanly (text: string): void {
  for (const parse of [parseTopHelp, parseCommandHelp]) {
    try {
      parse(text)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'barman-unusable') throw error
    }
  }
}
