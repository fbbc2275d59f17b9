import { randomUUID } from 'node:crypto'
import { open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../files.ts'

/**
 * Replaces a file as a whole, mode and owner kept (a new one is 0600), and clears what a crash left of earlier attempts; so call it under a lock.
 * False, and nothing done, when `isCurrent` says at the last moment that the file is no longer the one that was read.
 */
export async function replaceKeeping (file: string, text: string, isCurrent: () => boolean): Promise<boolean> {
  await removeLeftovers(file)
  const temporary = join(dirname(file), `${prefixOf(file)}${randomUUID()}.tmp`)
  try {
    await write(file, temporary, text)
    if (!isCurrent()) return false
    await rename(temporary, file)
  } finally {
    await unlink(temporary).catch(absent) // after the rename there is none
  }
  await syncFolder(dirname(file))
  return true
}

async function write (file: string, temporary: string, text: string): Promise<void> {
  const old = await stat(file).catch(absent)
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    if (old) {
      const made = await handle.stat()
      if (made.uid !== old.uid || made.gid !== old.gid) await handle.chown(old.uid, old.gid)
      await handle.chmod(old.mode & 0o7777)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function removeLeftovers (file: string): Promise<void> {
  for (const name of await readdir(dirname(file))) {
    if (name.startsWith(prefixOf(file)) && name.endsWith('.tmp')) await unlink(join(dirname(file), name)).catch(absent)
  }
}

function prefixOf (file: string): string {
  return `.${basename(file)}.`
}

function absent (error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // what node:fs throws
}
