import { lstat, opendir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const AT_ONCE = 64 // files asked for their size together
const MAX_INFOS = 100 // descriptions of backups that are looked at for the last one

/** `Starting backup using postgres method for server main in /var/lib/barman/main/base/20260131T020000`, in every version since 1.2. */
const STARTED = /^Starting backup .* in (\/.*\/(\d{8}T\d{6}))\s*$/m

/** Where a `barman backup` says it writes to; null before it does. */
export function backupFolder (stdout: string): string | null {
  return STARTED.exec(stdout)?.[1] ?? null
}

/**
 * Bytes of the files below a folder: their lengths, as Barman itself counts a backup. Null when it took longer than that;
 * a part of the sum would be no answer. What disappears meanwhile counts nothing.
 */
export async function bytesBelow (folder: string, timeoutMs: number): Promise<number | null> {
  const end = performance.now() + timeoutMs
  const folders = [folder]
  let bytes = 0
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for await (const names of batches(next, folders)) {
      if (performance.now() > end) return null
      for (const size of await Promise.all(names.map(sizeOf))) bytes += size
    }
  }
  return bytes
}

/** The size of the newest backup beside a folder that is copied and whole: not one that only holds what changed since another. */
export async function lastBackupBytes (folder: string): Promise<number | null> {
  const base = dirname(folder)
  const infos = [
    ...(await names(base)).filter((name) => /^\d{8}T\d{6}$/.test(name)).map((id) => ({ id, file: join(base, id, 'backup.info') })),
    ...(await names(join(base, '..', 'meta'))).flatMap((name) => { // since 3.13
      const id = /^(\d{8}T\d{6})-backup\.info$/.exec(name)?.[1]
      return id === undefined ? [] : [{ id, file: join(base, '..', 'meta', name) }]
    })
  ]
  const older = infos.filter(({ id }) => join(base, id) !== folder).sort((a, b) => b.id.localeCompare(a.id)).slice(0, MAX_INFOS)
  for (const { file } of older) {
    const size = sizeIn(await readFile(file, 'utf8').catch(() => '')) // gone, or not ours to read: then it is not the last one for us
    if (size !== null) return size
  }
  return null
}

/** `backup.info` has one `key=value` a line, in every version. */
function sizeIn (info: string): number | null {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(info)?.[1]
  const isCopied = /^(DONE|WAITING_FOR_WALS)$/.test(value('status') ?? '') // its bytes are there, though a WAL file may yet be on its way
  const isWhole = isCopied && (value('parent_backup_id') ?? 'None') === 'None'
  const size = Number(value('size'))
  return isWhole && size > 0 ? size : null
}

/** The files of a folder, some at a time; folders among them go to the others. */
async function * batches (folder: string, folders: string[]): AsyncGenerator<string[]> {
  const files: string[] = []
  const entries = await opendir(folder, { bufferSize: AT_ONCE }).catch(() => []) // gone meanwhile
  for await (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) folders.push(path)
    else if (entry.isFile()) files.push(path)
    if (files.length === AT_ONCE) yield files.splice(0)
  }
  yield files
}

async function sizeOf (file: string): Promise<number> {
  return (await lstat(file).catch(() => ({ size: 0 }))).size
}

async function names (folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}
