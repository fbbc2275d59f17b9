/** Python's BasicInterpolation: `%(key)s` is another option of the section, `%%` is a per cent sign. */

export type InterpolationError =
  'InterpolationSyntaxError' | 'InterpolationMissingOptionError' | 'InterpolationDepthError' | 'InterpolationTooLarge'

/** The value with every reference replaced, or the name of the error that Python raises instead, with a sentence. */
export type Interpolated =
  { readonly value: string, readonly error?: never } |
  { readonly value: null, readonly error: InterpolationError, readonly detail: string }

const MAX_DEPTH = 10 // MAX_INTERPOLATION_DEPTH
const MAX_STEPS = 100_000 // ours: ten levels of ten references each would be 10^10
const MAX_LENGTH = 1_048_576 // ours, in UTF-16 units

class Failure extends Error {
  readonly error: InterpolationError

  constructor (error: InterpolationError, detail: string) {
    super(detail)
    this.error = error
  }
}

/**
 * Replaces the references in a value; `lookup` answers with another option's value before interpolation.
 * What would grow beyond 1 MiB is refused as `InterpolationTooLarge`, which Python does not do.
 */
export function interpolate (value: string, lookup: (key: string) => string | undefined): Interpolated {
  const parts: string[] = []
  const spent = { steps: 0, length: 0 }
  try {
    expand(value, 1)
    return { value: parts.join('') }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { value: null, error: error.error, detail: error.message }
  }

  function expand (rest: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new Failure('InterpolationDepthError', `references nest deeper than ${MAX_DEPTH}`)
    let at = 0
    for (let mark = rest.indexOf('%'); mark >= 0; mark = rest.indexOf('%', at)) {
      emit(rest.slice(at, mark))
      at = rest[mark + 1] === '%' ? escaped(mark) : reference(rest, mark, depth)
    }
    emit(rest.slice(at))
  }

  function escaped (mark: number): number {
    emit('%')
    return mark + 2
  }

  function reference (rest: string, mark: number, depth: number): number {
    const found = referenceAt(rest, mark)
    if (found === undefined) throw new Failure('InterpolationSyntaxError', '"%" must be followed by "%" or "(name)s"')
    const value = lookup(found.key)
    if (value === undefined) throw new Failure('InterpolationMissingOptionError', `there is no option "${found.key}"`)
    expand(value, depth + (value.includes('%') ? 1 : 0))
    return found.end
  }

  function emit (text: string): void {
    parts.push(text)
    spent.steps++
    spent.length += text.length
    if (spent.steps > MAX_STEPS || spent.length > MAX_LENGTH) {
      throw new Failure('InterpolationTooLarge', 'the references grow too large')
    }
  }
}

/** Whether ConfigParser's `set` refuses the value: a `%` that neither escapes nor refers. */
export function hasStrayPercent (value: string): boolean {
  const text = value.replaceAll('%%', '')
  for (let mark = text.indexOf('%'); mark >= 0;) {
    const found = referenceAt(text, mark)
    if (found === undefined) return true
    mark = text.indexOf('%', found.end)
  }
  return false
}

/** Reads `%(key)s`, as `%\(([^)]+)\)s` would. */
function referenceAt (text: string, mark: number): { key: string, end: number } | undefined {
  const close = text[mark + 1] === '(' ? text.indexOf(')', mark) : -1
  if (close < mark + 3 || text[close + 1] !== 's') return undefined
  return { key: text.slice(mark + 2, close).toLowerCase(), end: close + 2 }
}
