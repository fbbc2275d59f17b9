import fc from 'fast-check'
import t from 'tap'
import { unifiedDiff } from '../../../lib/edits/diff.ts'

t.test('a diff shows what changed and what stands around it', async (t) => {
  t.equal(unifiedDiff('/a', '1\n2\n3\n4\n5\n', '1\n2\n3\nfour\n5\n'), '--- /a\n+++ /a\n@@ -1,5 +1,5 @@\n 1\n 2\n 3\n-4\n+four\n 5\n')
  t.equal(unifiedDiff('/a', 'x\n', 'x\n'), '')
  t.equal(unifiedDiff('/a', null, 'x'), '--- /dev/null\n+++ /a\n@@ -0,0 +1,1 @@\n+x\n\\ No newline at end of file\n')
  t.equal(unifiedDiff('/a', 'x\n', null), '--- /a\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n')
})

const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n', '\n'), { maxLength: 30 }).map((lines) => lines.join('') + 'end')

t.test('property: whoever applies it to the old file has the new one', async () => {
  fc.assert(fc.property(text, text, fc.boolean(), (before, after, ended) => {
    const [old, now] = ended ? [`${before}\n`, `${after}\n`] : [before, after]
    return applied(old, unifiedDiff('/a', old, now)) === now
  }), { numRuns: 500 })
})

/** As `patch` does it, strictly: every line of context and every removed one must be there. */
function applied (old: string, diff: string): string {
  const lines = old.split(/(?<=\n)/).filter((line) => line !== '')
  const result: string[] = []
  let at = 0
  for (const [, from = '', size = '', body = ''] of diff.matchAll(/^@@ -(\d+),(\d+) \+\d+,\d+ @@\n((?:[ +\\-].*\n)*)/gm)) {
    const start = Number(size) === 0 ? Number(from) : Number(from) - 1
    result.push(...lines.slice(at, start))
    at = start
    for (const [, mark, text = '', bare] of body.matchAll(/^([ +-])(.*\n)(\\ .*\n)?/gm)) {
      const line = bare === undefined ? text : text.slice(0, -1)
      if (mark !== '+' && lines[at++] !== line) throw new Error(`${line} is not there`)
      if (mark !== '-') result.push(line)
    }
  }
  return [...result, ...lines.slice(at)].join('')
}
