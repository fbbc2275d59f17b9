/** Wraps as Python's textwrap does: at blanks, behind the hyphens of compounds, and through words that are wider than the line. */
export function wrap (text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const chunk of text.split(/(\s+|(?<=[a-z]{2}-)(?=[a-z]{2}))/).flatMap((chunk) => cut(chunk ?? '', width))) {
    if (line !== '' && line.length + chunk.length > width) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += line === '' ? chunk.trimStart() : chunk
  }
  return line.trim() === '' ? lines : [...lines, line.trimEnd()]
}

/** One paragraph, wrapped. */
export function fill (text: string, width: number): string {
  return wrap(text, Math.max(width, 11)).join('\n')
}

/** Wraps a usage line as argparse does: options first, positionals on lines of their own, all below the program where that is short. */
export function wrapUsage (program: string, options: readonly string[], positionals: readonly string[], columns: number): string {
  const width = columns - 2
  const prefix = 'usage: '
  const whole = [prefix + program, ...options, ...positionals].join(' ')
  if (whole.length <= width) return whole
  if (prefix.length + program.length <= 0.75 * width) {
    const indent = ' '.repeat(prefix.length + program.length + 1)
    const [first = '', ...rest] = pack([program, ...options], indent, width, prefix.length - 1)
    return [prefix + first.slice(indent.length), ...rest, ...pack(positionals, indent, width)].join('\n')
  }
  const indent = ' '.repeat(prefix.length)
  const together = pack([...options, ...positionals], indent, width)
  const lines = together.length > 1 ? [...pack(options, indent, width), ...pack(positionals, indent, width)] : together
  return [prefix + program, ...lines].join('\n')
}

function pack (parts: readonly string[], indent: string, width: number, start = indent.length - 1): string[] {
  const lines: string[][] = []
  let length = start
  for (const part of parts) {
    if (lines.length === 0 || length + 1 + part.length > width) {
      if (lines.length > 0) length = indent.length - 1
      lines.push([])
    }
    lines.at(-1)?.push(part)
    length += part.length + 1
  }
  return lines.map((line) => indent + line.join(' '))
}

function cut (chunk: string, width: number): string[] {
  return chunk.match(new RegExp(`[^]{1,${width}}`, 'g')) ?? []
}
