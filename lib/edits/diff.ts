const CONTEXT = 3
const MAX_CELLS = 4_000_000 // beyond it the differing middle is shown as one whole

type Step = readonly [mark: ' ' | '-' | '+', line: string]

/** The change of one file as `diff -u` prints it; empty where there is none. Null is a file that is not there. */
export function unifiedDiff (path: string, before: string | null, after: string | null): string {
  if (before === after) return ''
  const steps = stepsOf(linesOf(before), linesOf(after))
  const head = [before === null ? '--- /dev/null' : `--- ${path}`, after === null ? '+++ /dev/null' : `+++ ${path}`]
  return [...head, ...hunks(steps)].map((line) => `${line}\n`).join('')
}

function linesOf (text: string | null): string[] {
  return (text ?? '').split(/(?<=\n)/).filter((line) => line !== '').map((line) => line.endsWith('\n') ? line.slice(0, -1) : `${line}\n\\ No newline at end of file`)
}

function stepsOf (old: readonly string[], now: readonly string[]): Step[] {
  let start = 0
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++
  let end = 0
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++
  const same = (lines: readonly string[]) => lines.map((line) => [' ', line] as const)
  return [...same(old.slice(0, start)), ...middle(old.slice(start, old.length - end), now.slice(start, now.length - end)), ...same(old.slice(old.length - end))]
}

/** By the longest common subsequence. */
function middle (old: readonly string[], now: readonly string[]): Step[] {
  if (old.length * now.length > MAX_CELLS) return [...old.map((line) => ['-', line] as const), ...now.map((line) => ['+', line] as const)]
  const width = now.length + 1
  const length = new Uint32Array((old.length + 1) * width)
  const at = (row: number, column: number) => length[row * width + column] ?? 0
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = now.length - 1; column >= 0; column--) {
      length[row * width + column] = old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const steps: Step[] = []
  for (let row = 0, column = 0; row < old.length || column < now.length;) {
    if (row < old.length && old[row] === now[column]) {
      steps.push([' ', now[column++] ?? ''])
      row++
    } else if (row < old.length && (column === now.length || at(row + 1, column) >= at(row, column + 1))) steps.push(['-', old[row++] ?? ''])
    else steps.push(['+', now[column++] ?? ''])
  }
  return steps
}

function hunks (steps: readonly Step[]): string[] {
  const changed = steps.flatMap(([mark], index) => mark === ' ' ? [] : [index])
  const ranges: Array<{ from: number, to: number }> = []
  for (const index of changed) {
    const last = ranges.at(-1)
    if (last && index - last.to <= CONTEXT) last.to = Math.min(steps.length, index + 1 + CONTEXT)
    else ranges.push({ from: Math.max(0, index - CONTEXT), to: Math.min(steps.length, index + 1 + CONTEXT) })
  }
  return ranges.flatMap(({ from, to }) => [header(steps, from, to), ...steps.slice(from, to).map(([mark, line]) => `${mark}${line}`)])
}

function header (steps: readonly Step[], from: number, to: number): string {
  const range = (absent: '-' | '+') => {
    const count = (part: readonly Step[]) => part.filter(([mark]) => mark !== absent).length
    const [before, size] = [count(steps.slice(0, from)), count(steps.slice(from, to))]
    return `${size === 0 ? before : before + 1},${size}`
  }
  return `@@ -${range('+')} +${range('-')} @@`
}
