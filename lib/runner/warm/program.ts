import { access, constants, open } from 'node:fs/promises'
import { basename, delimiter, join, resolve } from 'node:path'

/** A Python program and the words that start its interpreter. */
export interface PythonProgram {
  readonly path: string
  readonly interpreter: readonly [string, ...string[]]
}

const LINE_BYTES = 256 // of which Linux reads as many, too

/** The program behind a command, where its first line names a Python 3; else null: it is no Python program, or not to be found. */
export async function pythonProgram (command: string, path: string): Promise<PythonProgram | null> {
  const found = await which(command, path)
  const [, program, argument] = /^#! *(\S+)(?: +(.*\S))? *$/.exec(found ? await firstLine(found) : '') ?? []
  if (!found || !program) return null
  const name = basename(program) === 'env' ? argument ?? '' : basename(program)
  return /^python3?(\.\d+)?$/.test(name) ? { path: found, interpreter: argument === undefined ? [program] : [program, argument] } : null
}

async function which (command: string, path: string): Promise<string | null> {
  const candidates = command.includes('/') ? [resolve(command)] : path.split(delimiter).map((folder) => join(folder, command))
  for (const candidate of candidates) {
    if (await access(candidate, constants.X_OK).then(() => true, () => false)) return candidate
  }
  return null
}

async function firstLine (file: string): Promise<string> {
  const handle = await open(file).catch(() => null)
  if (!handle) return ''
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LINE_BYTES), 0, LINE_BYTES, 0)
    return buffer.subarray(0, bytesRead).toString('latin1').split('\n', 1)[0] ?? ''
  } finally {
    await handle.close()
  }
}
