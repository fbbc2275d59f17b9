/** A map that forgets what was not used for longest, so that strangers cannot fill the memory. */
export class Recent<V> {
  readonly #size: number
  readonly #values = new Map<string, V>()

  constructor (size: number) {
    this.#size = size
  }

  /** The value, which counts as used now. */
  get (key: string): V | undefined {
    const value = this.#values.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set (key: string, value: V): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#size) return
      this.#values.delete(oldest)
    }
  }

  delete (key: string): void {
    this.#values.delete(key)
  }

  get size (): number {
    return this.#values.size
  }
}
