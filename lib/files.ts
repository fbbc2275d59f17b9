import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'

/** Replaces a file as a whole: temporary file, fsync, rename, fsync of the folder. After a crash the old or the new file stands there, never less. */
export async function replaceFile (file: string, content: string, mode = 0o600): Promise<void> {
  const temporary = temporaryName(file)
  try {
    await writeNew(temporary, content, mode)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(file))
}

async function writeNew (file: string, content: string, mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The same, for the start of the process. */
export function replaceFileSync (file: string, content: string, mode = 0o600): void {
  const temporary = temporaryName(file)
  try {
    writeFileSync(temporary, content, { flag: 'wx', mode, flush: true })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** Makes the names in a folder outlive a power cut. */
export async function syncFolder (folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function temporaryName (file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.tmp`
}
