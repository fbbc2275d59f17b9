/** Carries edits out in a process of its own, once a line comes from standard input where `wait` is said: `driver.js FOLDER EDITS [wait]`; prints what came of it as JSON. */
import { once } from 'node:events'
import { KeptFiles } from '../../../lib/edits/kept-files.ts'
import type { FileEdit } from '../../../lib/edits/put-file.ts'

const [, , folder = '', edits = '[]', wait] = process.argv
const kept = new KeptFiles({ folder, log: { info () {}, warn () {} } })
if (wait) {
  process.stdout.write('ready\n')
  await once(process.stdin, 'data')
  process.stdin.destroy()
}
try {
  const files = JSON.parse(edits) as FileEdit[]
  process.stdout.write(JSON.stringify(await kept.exclusively(() => kept.apply('ann', 'change', files))))
} catch (error) {
  const { code, message } = error as { code?: string, message: string } // whatever it was
  process.stdout.write(JSON.stringify({ code, message }))
}
