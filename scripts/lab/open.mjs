import { mkdtempSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { account } from './account.mjs'
import { Fault } from './fault.mjs'
import { isLeft, removeLab } from './folder.mjs'
import { attachLab, createLab } from './lab.mjs'
import { missing } from './packages.mjs'

/** The variable by which the runner of the tests hands over its lab: the path of a `lab.json`. */
export const HANDED_LAB = 'BARMANAPI_TEST_LAB'

const PREFIX = 'barmanapi-lab-'

/**
 * A lab for a test: the runner's, or one of its own where none was handed over or `own` or another Barman is asked for.
 * Whichever it is, the test calls `lab.stop()` at its end. Where no lab can be, `skip` says why.
 * A server that is `silent` delays whoever asks for `all` servers: such tests take a lab of their own, which is ready in three seconds.
 * @param {{ own?: boolean, barman?: string, log?: (line: string) => void }} [options]
 * @returns {Promise<{ lab: import('./lab.mjs').Lab, skip?: undefined } | { lab?: undefined, skip: string }>}
 */
export async function openLab ({ own = false, barman, log } = {}) {
  const handed = process.env[HANDED_LAB]
  if (handed && !own && barman === undefined) return { lab: attachLab(handed) }
  const reason = whyNot(barman)
  if (reason !== null) return { skip: reason }
  await sweep()
  return { lab: await createLab({ folder: mkdtempSync(join(tmpdir(), PREFIX)), barman, log }) }
}

/** Why there can be no lab here, or null. */
export function whyNot (barman) {
  const tools = missing().filter(({ tool }) => tool !== 'barman' || barman === undefined).map(({ tool }) => tool)
  if (tools.length > 0) return `no ${tools.join(', no ')} on this machine`
  try {
    account()
    return null
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

/** Ends what killed tests have left behind: labs of ours whose makers are gone. */
async function sweep () {
  const who = account()
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX)).map((name) => join(tmpdir(), name))
  for (const folder of left) if (belongsTo(folder, who) && isLeft(folder)) await removeLab(folder, who)
}

const belongsTo = (folder, who) => statSync(folder, { throwIfNoEntry: false })?.uid === who.uid
