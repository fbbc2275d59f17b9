const MAX_LENGTH = 64 // beyond it a name is no slip of the finger, and the distance costs length x length

/** The candidate nearest to what was typed, or `null` where none is near enough to be meant. */
export function closest (typed: string, candidates: Iterable<string>): string | null {
  if (typed.length > MAX_LENGTH) return null
  let best: string | null = null
  let least = Math.max(2, Math.floor(typed.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = levenshtein(typed.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

function levenshtein (a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let column = 1; column <= b.length; column++) {
      const changed = at(above, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      line.push(Math.min(changed, at(above, column) + 1, at(line, column - 1) + 1))
    }
    above = line
  }
  return at(above, b.length)
}

function at (line: readonly number[], column: number): number {
  return line[column] ?? Infinity
}
