import fc from 'fast-check'

/** Generators of configuration files that try the edges of ConfigParser's dialect. */

const SPACES = ['', '', ' ', '    ', '\t', '\f', '\x1c', '\x85', '\xa0', '\u2028', '\u3000', '\ufeff']
const KEYS = ['a', 'b', 'B', 'c d', 'Σ', 'İ', '__proto__', '1', '%(a)s', '[x', '# k']
const PIECES = [
  'x', ' ', '%%', '%', '%(a)s', '%(B)s', '%(c d)s', '%(missing)s', '%()s', '%(a', '%(a)', '"', "'", '#', ';', '=', ':', '[', ']',
  'None', 'ü', '😀', '\u2028', '\ufeff', '\x1f', '\x00', ' # note', ' ; note'
]
const ENDS = ['\n', '\n', '\n', '\r\n', '\r']

const space = fc.constantFrom(...SPACES)
const value = fc.array(fc.constantFrom(...PIECES), { maxLength: 5 }).map((pieces) => pieces.join(''))
const harmless = fc
  .array(fc.constantFrom('x', 'x', ' ', '%(a)s', '%%', '"', "'", '"x"', 'None', 'none', 'ü', ' # note'), { maxLength: 3 })
  .map((pieces) => pieces.join(''))

const option = (values: fc.Arbitrary<string>) => fc
  .tuple(space, fc.constantFrom(...KEYS), space, fc.constantFrom('=', ':'), space, values, space)
  .map((parts) => parts.join(''))

const header = (names: readonly string[]) => fc
  .tuple(space, fc.constantFrom(...names), fc.constantFrom('', '', ' # note', ' = 1'))
  .map(([indent, name, rest]) => `${indent}[${name}]${rest}`)

const comment = fc.tuple(space, fc.constantFrom('#', ';'), value).map((parts) => parts.join(''))
const continuation = fc.tuple(fc.constantFrom(' ', '    ', '\t'), value).map((parts) => parts.join(''))

/** Any file: half of its lines well-formed, the rest what people and programs leave in files. */
export function anyFile (names: readonly string[]): fc.Arbitrary<string> {
  const line = fc.oneof(
    { weight: 6, arbitrary: option(value) }, { weight: 3, arbitrary: header(names) }, { weight: 3, arbitrary: continuation },
    comment, space, { weight: 1, arbitrary: value }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) }
  )
  return fc.tuple(fc.constantFrom('', '[a]\n', '[a]\n', '[DEFAULT]\n'), file(line, 14)).map((parts) => parts.join(''))
}

/** A file without faults of form; what it refers to may still be missing. */
export function soundFile (names: readonly string[]): fc.Arbitrary<string> {
  const keys = fc
    .tuple(fc.constantFrom('a', 'b', 'compression', 'path_prefix'), fc.constantFrom(' = ', ':'), harmless)
    .map((parts) => parts.join(''))
  const line = fc.oneof(
    { weight: 6, arbitrary: keys }, { weight: 2, arbitrary: fc.constantFrom(...names).map((name) => `[${name}]`) },
    fc.constantFrom('', '# note', '  more')
  )
  return fc.tuple(fc.constantFrom(...names), file(line, 8)).map(([name, text]) => `[${name}]\na = 1\n${text}`)
}

function file (line: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.tuple(line, fc.constantFrom(...ENDS)), { maxLength }).map((lines) => lines.flat().join(''))
}
