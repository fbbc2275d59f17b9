import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../files.ts'
import type { Identity } from './runner.ts'

/** What the wrapper wrote about itself; null before it did, or when the file is torn. */
export async function readIdentity (folder: string): Promise<Identity | null> {
  const text = await readFile(join(folder, 'identity'), 'utf8').catch(() => '')
  const match = /^(\d+) (\d+) ([0-9a-f-]+)\n$/.exec(text)
  return match ? { pid: Number(match[1]), startTime: String(match[2]), bootId: String(match[3]) } : null
}

/**
 * The process group of a job while any process of it lives, else null. A stranger who got the pid later is never taken for it:
 * the wrapper leads a session of its own, so a member of the group must be of that session and no older than the wrapper.
 */
export async function groupOf (folder: string): Promise<number | null> {
  const identity = await readIdentity(folder)
  if (!identity || identity.bootId !== await bootId()) return null
  const leader = await statOf(identity.pid)
  if (leader && leader.startTime !== identity.startTime) return null
  return (leader && leader.state !== 'Z') || await hasOrphans(identity) ? identity.pid : null
}

/**
 * Makes sure that a job never begins: true when its wrapper has not, and now cannot. The name `identity` decides, for only one
 * of us can make it; a wrapper's is never empty.
 */
export async function forbidStart (folder: string): Promise<boolean> {
  const file = join(folder, 'identity')
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.close()
    await syncFolder(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // of node:fs
    return (await stat(file)).size === 0
  }
}

/** The leader is gone; does something of its group still run? While it does, the kernel gives the number to nobody else. */
async function hasOrphans (identity: Identity): Promise<boolean> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const found = await statOf(Number(name))
    if (found && found.group === identity.pid && found.session === identity.pid && found.state !== 'Z' &&
      BigInt(found.startTime) >= BigInt(identity.startTime)) return true
  }
  return false
}

async function bootId (): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html : the name may hold blanks and brackets, so fields count from the last `)`. */
async function statOf (pid: number): Promise<{ state: string, group: number, session: number, startTime: string } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', group: Number(fields[2]), session: Number(fields[3]), startTime: fields[19] ?? '' }
}
