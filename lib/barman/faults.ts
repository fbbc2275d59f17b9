import { AppError, type InputFault } from '../errors.ts'

const MAX_FAULTS = 100 // then the rest of an input is not read

/** Collects what is wrong with one input, so that a caller hears of all of it at once. */
export class Faults {
  readonly #faults: InputFault[] = []
  #hasUnknown = false

  /** Notes a fault at a path; after a hundred throws as `throwIfAny` does. */
  add (path: readonly (string | number)[], detail: string): void {
    this.#faults.push({ pointer: path.map(step => `/${escape(String(step))}`).join(''), detail })
    if (this.#faults.length >= MAX_FAULTS) this.throwIfAny()
  }

  /** Notes a name that means nothing here, or throws as `add` does. */
  addUnknown (name: string, detail: string): void {
    this.#hasUnknown = true
    this.add([name.slice(0, 100)], detail)
  }

  /** Throws `unknown-parameter` where any name was unknown, else `bad-request` where anything was wrong. */
  throwIfAny (): void {
    const [first, ...others] = this.#faults
    if (first === undefined) return
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`
    const detail = `${first.pointer === '' ? 'The input' : first.pointer.slice(1)} ${first.detail}${more}`
    throw new AppError(this.#hasUnknown ? 'unknown-parameter' : 'bad-request', detail, { errors: [...this.#faults] })
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
function escape (step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}
