import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

export interface LogFileOptions {
  readonly file: string
  readonly maxBytes: number
  /** Full files that are kept. */
  readonly backups: number
  /** Hears why a line could not be written, with the line; logging itself never fails. */
  readonly onError: (error: unknown, line: string) => void
}

/**
 * A file for lines that, when full, becomes `.1`, the one before it `.2`, and so on; the oldest goes. Each line is with the
 * kernel when `write` returns, so that none is lost with the process.
 */
export class LogFile {
  readonly #options: LogFileOptions
  #open: { readonly fd: number, size: number } | null = null

  constructor (options: LogFileOptions) {
    this.#options = options
  }

  write (line: string): void {
    try {
      this.#append(Buffer.from(line))
    } catch (error) {
      this.#options.onError(error, line)
    }
  }

  #append (bytes: Buffer): void {
    this.#open ??= this.#reopen()
    if (this.#open.size > 0 && this.#open.size + bytes.length > this.#options.maxBytes) this.#open = this.#rotate(this.#open.fd)
    for (let from = 0; from < bytes.length;) from += writeSync(this.#open.fd, bytes, from)
    this.#open.size += bytes.length
  }

  #reopen (): { readonly fd: number, size: number } {
    const fd = openSync(this.#options.file, 'a', 0o600)
    return { fd, size: fstatSync(fd).size }
  }

  #rotate (fd: number): { readonly fd: number, size: number } {
    const { file, backups } = this.#options
    this.#open = null // until the next one is open
    closeSync(fd)
    for (let n = backups; n > 1; n--) shift(`${file}.${n - 1}`, `${file}.${n}`)
    shift(file, `${file}.1`)
    return this.#reopen()
  }
}

function shift (from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // of node:fs; there are not so many yet
  }
}
