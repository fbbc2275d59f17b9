import fc from 'fast-check'

const VOCABULARY = ['backup', 'cron', 'is', 'kept', 'for', 'every', 'server', 'or', 'point-in-time', // what prose is made of, and what misleads:
  '--help', '-f', '{a,b}', '[x]', 'NAME:LOCATION', 'default:', 'usage:', '"all"', '...']
const METAVARS = ['KBPS', 'NAME:LOCATION', 'SSH_COMMAND', 'A,B', '<host>', 'dir/file', 'n']

const word = fc.stringMatching(/^[a-z]{2,7}(-[a-z]{2,7}){0,2}$/)
const sentence = fc.array(fc.constantFrom(...VOCABULARY), { minLength: 1, maxLength: 30 }).map((words) => words.join(' '))
const help = fc.option(sentence, { nil: null })
const metavar = fc.option(fc.constantFrom(...METAVARS), { nil: null })
const nargs = fc.constantFrom(null, null, '?', '+', '*')

/** What a value may look like; choices carry the argument's own name, for no two arguments look alike in a sane help. */
const value = (name: string): fc.Arbitrary<object> => fc.oneof(
  fc.record({ nargs, help, metavar }).map((spec) => ({ ...spec, metavar: spec.metavar === null ? null : `${spec.metavar}-${name.slice(0, 2)}` })),
  fc.record({ nargs, help, choices: fc.uniqueArray(word, { minLength: 1, maxLength: 6 }).map((words) => [name, ...words]) })
)

const option = (name: string): fc.Arbitrary<object> => {
  const names = fc.subarray([`--${name}`, `-${name.charAt(0).toUpperCase()}`, `--${name}-too`], { minLength: 1 })
  const flag = fc.record({ names, help, action: fc.constant('store_true') })
  const valued = fc.record({ names, required: fc.boolean() }).chain((spec) => value(name).map((rest) => ({ ...spec, ...rest })))
  return fc.oneof(flag, valued)
}

const positional = (name: string): fc.Arbitrary<object> => value(name).map((spec) => ({ names: [name.replaceAll('-', '_')], ...spec }))

/** Arguments of one parser: their initials differ, so that short names and placeholders do. */
const initials = { selector: (name: string) => name.charAt(0) }
const options = fc.uniqueArray(word, { maxLength: 8, ...initials }).chain((names) => fc.tuple(...names.map(option)))
const positionals = fc.uniqueArray(word, { maxLength: 3, ...initials }).chain((names) => fc.tuple(...names.map((name) => positional(`p${name}`))))

const command = (name: string): fc.Arbitrary<object> => fc.record({
  name: fc.constant(name),
  aliases: fc.subarray([`${name}s`, `${name}-old`]),
  help,
  description: help,
  arguments: fc.tuple(options, positionals).map(([some, others]) => [...others, ...some])
})

/** A program with sub-commands, as plain data: `build` in oracle.py makes a real argparse parser of it. */
export const parser = fc.record({
  formatter: fc.constantFrom('HelpFormatter', 'RawDescriptionHelpFormatter', 'ArgumentDefaultsHelpFormatter'),
  epilog: help,
  options,
  commands: fc.uniqueArray(word, { minLength: 1, maxLength: 6 }).chain((names) => fc.tuple(...names.map(command)))
})
