import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, link, open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { syncFolder } from '../files.ts'

const run = promisify(execFile)
const IN_PLACE = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'EXDEV']) // the folder is not ours, or the file is a mount

/** The file does not hold what it held when it was read. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged'

  constructor (path: string) {
    super(`${path} was changed by somebody else meanwhile`)
  }
}

/** One file before and after; null is a file that is not there. `mode` is for a new one. */
export interface FileEdit {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
  readonly mode?: number
}

/**
 * Carries one edit out and tells whether it was atomic: a new file beside the old one, renamed over it, with its owner, mode, links and
 * extended attributes. Where that cannot be, it is written in place. Throws FileChanged, or what node:fs throws.
 */
export async function putFile ({ path, before, after, mode = 0o640 }: FileEdit): Promise<boolean> {
  if (before === after) return true
  if (before === null) return create(path, after ?? '', mode)
  const target = await realpath(path)
  if (after === null) return remove(target, before)
  try {
    if ((await stat(target)).nlink === 1 && await replace(target, before, after)) return true
  } catch (error) {
    if (!IN_PLACE.has(codeOf(error))) throw error
  }
  await overwrite(target, before, after)
  return false
}

/** Whether the file's bytes are what a write in place, broken off anywhere, leaves of these two texts. */
export function isBetween (content: Buffer, before: string, after: string): boolean {
  const length = Math.max(Buffer.byteLength(before), Buffer.byteLength(after))
  if (content.length > length) return false
  const [now, old, next] = [content, Buffer.from(before), Buffer.from(after)].map((bytes) => pad(bytes, length)) as [Buffer, Buffer, Buffer] // three in, three out
  let at = 0
  while (at < length && now[at] === next[at]) at++
  return now.subarray(at).equals(old.subarray(at))
}

/** Brings the file back to `before` from whatever a write in place left. */
export async function repairFile (path: string, content: Buffer, before: string): Promise<void> {
  await overwrite(await realpath(path), content, before)
}

/** Never over a file that appeared meanwhile. */
async function create (path: string, text: string, mode: number): Promise<true> {
  await withTemporary(path, async (temporary, handle) => {
    await handle.writeFile(text)
    await handle.chmod(mode)
    await handle.sync()
    await link(temporary, path).catch((error: unknown) => { throw codeOf(error) === 'EEXIST' ? new FileChanged(path) : error })
  })
  await syncFolder(dirname(path))
  return true
}

async function remove (path: string, before: string): Promise<true> {
  await checkUnchanged(path, before)
  await unlink(path)
  await syncFolder(dirname(path))
  return true
}

/** False, and nothing done, where the new file could not be made like the old one, as for one of another owner. */
async function replace (path: string, before: string, after: string): Promise<boolean> {
  const isDone = await withTemporary(path, async (temporary, handle) => {
    await handle.writeFile(after)
    await copyAttributes(path, temporary, handle)
    if (!isAlike(await stat(path), await handle.stat())) return false
    await handle.utimes(new Date(), new Date())
    await handle.sync()
    await checkUnchanged(path, before)
    await rename(temporary, path)
    return true
  })
  if (isDone) await syncFolder(dirname(path))
  return isDone
}

/** Owner, mode, ACL, SELinux context and other extended attributes, which Node does not know, by GNU's cp; without it the first two. */
async function copyAttributes (from: string, to: string, handle: FileHandle): Promise<void> {
  try {
    await run('cp', ['--attributes-only', '--preserve=all', '--', from, to])
  } catch {
    const { uid, gid, mode } = await stat(from)
    await handle.chown(uid, gid)
    await handle.chmod(mode & 0o7777)
  }
}

function isAlike (one: Stats, other: Stats): boolean {
  return one.uid === other.uid && one.gid === other.gid && one.mode === other.mode
}

/**
 * Room first, then one write, then the length: each moment holds the old or the new text, blank lines at its end not counted, for
 * whoever reads without tearing; what a power cut tears is mended from the journal.
 */
async function overwrite (path: string, before: string | Buffer, after: string): Promise<void> {
  const [old, next] = [Buffer.from(before), Buffer.from(after)]
  const handle = await open(path, 'r+')
  try {
    if (!(await handle.readFile()).equals(old)) throw new FileChanged(path)
    if (next.length > old.length) await extend(handle, old.length, next.length)
    await writeAt(handle, pad(next, Math.max(old.length, next.length)), 0)
    await handle.sync()
    await handle.truncate(next.length)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Takes the room before anything is overwritten: a full disk leaves the file as it was. */
async function extend (handle: FileHandle, from: number, to: number): Promise<void> {
  try {
    await writeAt(handle, pad(Buffer.alloc(0), to - from), from)
    await handle.sync()
  } catch (error) {
    await handle.truncate(from)
    throw error
  }
}

async function writeAt (handle: FileHandle, bytes: Buffer, from: number): Promise<void> {
  for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done, bytes.length - done, from + done)).bytesWritten
}

/** Line ends change nothing for who reads a configuration. */
function pad (bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(length - bytes.length, '\n')])
}

async function checkUnchanged (path: string, before: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    if (!(await handle.readFile()).equals(Buffer.from(before))) throw new FileChanged(path)
  } finally {
    await handle.close()
  }
}

/** Hidden, and not `*.conf`: Barman reads over it. What a crash left of earlier ones goes first. */
async function withTemporary<T> (path: string, work: (temporary: string, handle: FileHandle) => Promise<T>): Promise<T> {
  const prefix = `.${basename(path)}.barmanapi-`
  for (const name of await readdir(dirname(path))) if (name.startsWith(prefix)) await unlink(join(dirname(path), name)).catch(absent)
  const temporary = join(dirname(path), `${prefix}${randomBytes(6).toString('hex')}`)
  const handle = await open(temporary, 'wx', 0o600)
  try {
    return await work(temporary, handle)
  } finally {
    await handle.close()
    await unlink(temporary).catch(absent) // after a rename there is none
  }
}

function absent (error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function codeOf (error: unknown): string {
  return String((error as NodeJS.ErrnoException).code) // what node:fs throws has one
}
