import { createHash } from 'node:crypto'
import { type Form, SharedFile } from './shared-file.ts'

/** Ends of tokens (seconds since 1970) by what names them. */
type Ends = ReadonlyMap<string, number>

/** Tokens that were logged out, until they would have ended by themselves; kept across restarts. */
export class EndedTokens {
  readonly #file: SharedFile<Ends>

  /** Reads the file, or throws a StartError. */
  constructor (path: string) {
    this.#file = new SharedFile(path, FORM)
  }

  has (token: string): boolean {
    return this.#file.value().has(nameOf(token))
  }

  /** Ends a token whose signature was verified; `exp` is its own end. */
  async add (token: string, exp: number): Promise<void> {
    const now = Date.now() / 1000
    await this.#file.edit((ends) => new Map([...ends].filter(([, end]) => end > now)).set(nameOf(token), exp))
  }
}

/** What was signed, and not the signature: its text can be spelled in several ways. */
function nameOf (token: string): string {
  return createHash('sha256').update(token.slice(0, token.lastIndexOf('.'))).digest('base64url')
}

const FORM: Form<Ends> = {
  read: (text) => new Map(text.split('\n').filter((line) => line !== '').map((line) => {
    const [, name, end] = /^([\w-]{43}) (\d{1,12})$/.exec(line) ?? []
    if (name === undefined) throw new Error('a line is neither a token nor its end')
    return [name, Number(end)]
  })),
  write: (ends) => [...ends].map(([name, end]) => `${name} ${end}\n`).join('')
}
