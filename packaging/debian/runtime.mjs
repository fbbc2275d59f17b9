import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '../../scripts/lab/fault.mjs'
import { must } from '../../scripts/lab/run.mjs'
import { addDocument } from './tree.mjs'

/** The npm package with Node's program for this platform, pinned to its content. */
const NODE = JSON.parse(readFileSync(new URL('node.json', import.meta.url), 'utf8'))

const FETCH_MS = 300_000

/** Puts Node into the tree: the program without what only a debugger reads, and its license. Debian 12's own is too old. */
export async function addNode (tree) {
  const scratch = join(dirname(tree), 'node')
  mkdirSync(scratch)
  await must('tar', ['--extract', '--gzip', '--no-same-owner', '--file', await fetchNode(scratch), '--directory', scratch])
  const program = join(tree, 'usr/lib/barmanapi/bin/node')
  mkdirSync(dirname(program), { recursive: true })
  await cp(join(scratch, 'package/bin/node'), program)
  await must('strip', ['--strip-unneeded', '--remove-section=.comment', '--remove-section=.note', program])
  addDocument(tree, 'node.LICENSE', readFileSync(join(scratch, 'package/LICENSE')))
  rmSync(scratch, { recursive: true })
}

/** npm compares what it gets with what the registry says; the pin says that it is what was tried. */
async function fetchNode (scratch) {
  const args = ['pack', `${NODE.name}@${NODE.version}`, '--silent', '--prefer-offline', '--pack-destination', scratch]
  const { stdout } = await must('npm', args, { cwd: scratch, env: process.env, timeoutMs: FETCH_MS })
  const file = join(scratch, stdout.trim())
  const integrity = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`
  if (integrity !== NODE.integrity) throw new Fault(`${NODE.name} ${NODE.version} is not what it was: ${integrity}.`)
  return file
}
