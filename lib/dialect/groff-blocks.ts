/** Lines of a manual page, gathered into paragraphs and rows. */

/** Collects lines into paragraphs; those of a list follow one another without a blank line, each behind its dash. */
export class Paragraphs {
  readonly #blocks: string[] = []
  #lines: string[] = []
  #prefix = ''
  #isVerbatim = false

  /** Adds a line to the paragraph; a blank one ends it. */
  add (line: string): void {
    if (line.trim() === '' && !this.#isVerbatim) this.end()
    else this.#lines.push(this.#isVerbatim ? line : line.trim().replace(/[ \t]+/g, ' '))
  }

  /** Ends the paragraph; the next one begins with `prefix`. */
  end (prefix = ''): void {
    const text = this.#lines.join(this.#isVerbatim ? '\n' : ' ').trimEnd()
    if (text !== '') this.#blocks.push(this.#prefix + text)
    if (text !== '' || prefix !== '') this.#prefix = prefix
    this.#lines = []
  }

  /** Keeps the breaks of the lines that follow, or fills them again. */
  setVerbatim (isVerbatim: boolean): void {
    this.end()
    this.#isVerbatim = isVerbatim
  }

  /** All of it, paragraphs set apart by a blank line. */
  toString (): string {
    this.end()
    return this.#blocks.reduce((text, block, index) => {
      const isList = block.startsWith('- ') && this.#blocks[index - 1]?.startsWith('- ') === true
      return text + (index === 0 ? '' : isList ? '\n' : '\n\n') + block
    }, '')
  }
}

/** Gathers a tbl(1) table into one line a row: `a | b | c`. */
export class Table {
  #row: string[] = []
  #cell: string[] | undefined
  #isBody = false

  /** Takes a line and returns the row that it ends, if any. The lines up to the one with a full stop are tbl's own. */
  add (line: string): string | undefined {
    if (!this.#isBody) {
      this.#isBody = line.trimEnd().endsWith('.')
    } else if (this.#cell !== undefined && !line.startsWith('T}')) {
      this.#cell.push(line.trim())
    } else if (!/^[_=]?$/.test(line)) {
      return this.#cells(line.split('\t'))
    }
    return undefined
  }

  /** `T{` opens a cell of several lines, `T}` closes it; all else is a cell by itself. */
  #cells (words: readonly string[]): string | undefined {
    for (const word of words) {
      if (word === 'T{') this.#cell = []
      else this.#row.push(word === 'T}' ? this.#close() : word)
    }
    if (this.#cell !== undefined) return undefined
    const row = this.#row.join(' | ')
    this.#row = []
    return row
  }

  #close (): string {
    const text = this.#cell?.join(' ') ?? ''
    this.#cell = undefined
    return text
  }
}
