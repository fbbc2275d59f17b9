import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** What Python made of one text: the error it raised, or all options, before and after interpolation. */
export interface Parsed {
  readonly error?: string
  readonly lines?: readonly number[]
  readonly defaults?: Readonly<Record<string, string>>
  readonly sections?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly values?: Readonly<Record<string, Readonly<Record<string, { readonly value?: string, readonly error?: string }>>>>
}

/** What Barman's own class made of several files; `source` is null where that Barman does not tell. */
export interface Merged {
  readonly error?: string
  readonly sections?: Readonly<Record<string, Readonly<Record<string, { readonly value: string | null, readonly source: string | null }>>>>
}

/** One Python process that answers questions in the order they are asked. */
export class Oracle {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: Interface
  readonly #answers: AsyncIterator<string>

  constructor (python = 'python3', pythonPath = '') {
    const script = fileURLToPath(new URL('./oracle.py', import.meta.url))
    const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', PYTHONPATH: pythonPath, PYTHONDONTWRITEBYTECODE: '1' }
    this.#child = spawn(python, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.on('error', () => this.#child.stdout.destroy())
    this.#child.stdin.on('error', () => {}) // a program that is not there: the missing answer tells
    this.#lines = createInterface({ input: this.#child.stdout })
    this.#answers = this.#lines[Symbol.asyncIterator]()
  }

  /** Python's version, or undefined where there is no Python. */
  async version (): Promise<readonly [number, number] | undefined> {
    const answer = await this.#ask({ ask: 'version' }).catch(() => undefined)
    return (answer as { version: [number, number] } | undefined)?.version // our own script's answer
  }

  async parse (text: string): Promise<Parsed> {
    return await this.#ask({ ask: 'parse', text }) as Parsed // our own script's answer
  }

  /** Files by their path below the folder, which `@HOME@` stands for in their texts. */
  async barman (files: Readonly<Record<string, string>>): Promise<Merged> {
    return await this.#ask({ ask: 'barman', files }) as Merged // our own script's answer
  }

  close (): void {
    this.#child.stdin.end()
  }

  async #ask (question: object): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error('the oracle has no answer: it ended')
    return JSON.parse(value)
  }
}
