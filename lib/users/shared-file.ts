import { readFileSync, statSync } from 'node:fs'
import { StartError } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { withLock } from './lock-file.ts'
import { Slots } from './slots.ts'

/** Text of a file to a value and back; `read` throws where the text is none of ours, and takes '' for a file that is missing. */
export interface Form<T> {
  readonly read: (text: string) => T
  readonly write: (value: T) => string
}

/** A small file (0600) that the service and the command line may both change: read again whenever it was, edited under a lock, replaced as a whole. */
export class SharedFile<T> {
  readonly #path: string
  readonly #form: Form<T>
  readonly #mutex = new Slots(1)
  #stamp: string | null = null
  #value: T

  /** Reads the file, or throws a StartError: what it holds decides who comes in. */
  constructor (path: string, form: Form<T>) {
    this.#path = path
    this.#form = form
    try {
      this.#value = form.read('')
      this.value()
    } catch (cause) {
      throw new StartError(`${path} is damaged or cannot be read: bring it back from a backup, or remove it`, { cause })
    }
  }

  /** What the file holds now; or throws what reading it throws. */
  value (): T {
    const stamp = stampOf(this.#path)
    if (stamp !== this.#stamp) {
      this.#value = this.#form.read(stamp === '' ? '' : readFileSync(this.#path, 'utf8'))
      this.#stamp = stamp
    }
    return this.#value
  }

  /** Writes what `change` makes of the value; once this resolves it is on disk. Throws what `change` throws, or `too-busy`. */
  async edit (change: (value: T) => T): Promise<T> {
    return this.#mutex.run(() => withLock(`${this.#path}.lock`, async () => {
      this.#stamp = null // a change of the same size within one tick of the clock is read too
      const next = change(this.value())
      await replaceFile(this.#path, this.#form.write(next))
      this.#stamp = null
      return this.value()
    }))
  }
}

function stampOf (path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats ? [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':') : ''
}
