/** Carries edits out in a process of its own: `driver.js FOLDER EDITS`; prints what came of it as JSON. */
import { KeptFiles } from '../../../lib/edits/kept-files.ts'
import type { FileEdit } from '../../../lib/edits/put-file.ts'

const [, , folder = '', edits = '[]'] = process.argv
const kept = new KeptFiles({ folder, log: { info () {}, warn () {} } })
try {
  const files = JSON.parse(edits) as FileEdit[]
  process.stdout.write(JSON.stringify(await kept.exclusively(() => kept.apply('ann', 'change', files))))
} catch (error) {
  const { code, message } = error as { code?: string, message: string } // whatever it was
  process.stdout.write(JSON.stringify({ code, message }))
}
