import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { lstat, readlink, symlink, unlink } from 'node:fs/promises'
import { kill, pid } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../errors.ts'

const WAIT_MS = 10_000 // a holder keeps the lock for some milliseconds
const STALE_MS = 30_000 // for a holder in another container or machine, whom nobody here can look at

/**
 * Does the work while no other process does work under the same lock, or throws `too-busy` after ten seconds; `what` is being changed.
 * The lock is a symbolic link whose target names the holder: made in one step with its content, so that a crash leaves nothing half-made.
 */
export async function withLock<T> (path: string, work: () => Promise<T>, what = 'the users file'): Promise<T> {
  const holder = JSON.stringify({ ...self(), nonce: randomUUID() })
  const deadline = performance.now() + WAIT_MS
  while (!await take(path, holder)) {
    if (performance.now() > deadline) throw new AppError('too-busy', `another process is changing ${what}`, { retryAfterS: 5 })
    await clearIfDead(path)
    await delay(2 + Math.random() * 10)
  }
  try {
    return await work()
  } finally {
    if (await readlink(path).catch(absent) === holder) await unlink(path)
  }
}

async function take (path: string, content: string): Promise<boolean> {
  try {
    await symlink(content, path)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Only the maker of the marker, named after this very lock, may remove it: two that find the same dead holder never remove a third one's lock. */
async function clearIfDead (path: string): Promise<void> {
  const dead = await readlink(path).catch(absent)
  if (dead === undefined || !await isDead(dead, path)) return
  const marker = `${path}.${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`
  if (!await take(marker, String(pid))) {
    if (await ageMs(marker) > STALE_MS) await unlink(marker).catch(absent)
    return
  }
  try {
    if (await readlink(path).catch(absent) === dead) await unlink(path)
  } finally {
    await unlink(marker)
  }
}

interface Holder { readonly pid: number, readonly startTime: string, readonly place: string }

/** `place` tells process ids apart that mean different things: boot and pid namespace. */
function self (): Holder {
  try {
    const place = `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`
    return { pid, startTime: startTimeOf(pid) ?? '', place }
  } catch {
    return { pid, startTime: '', place: randomUUID() } // no /proc: others can judge by age only
  }
}

async function isDead (content: string, path: string): Promise<boolean> {
  const holder = parse(content)
  if (holder === null || holder.place !== self().place) return await ageMs(path) > STALE_MS
  if (!exists(holder.pid)) return true
  const startTime = startTimeOf(holder.pid)
  return startTime !== null && startTime !== holder.startTime
}

function parse (content: string): Holder | null {
  try {
    const { pid, startTime, place } = JSON.parse(content) as Partial<Holder> // checked on the next line
    return Number.isSafeInteger(pid) && pid && pid > 0 && startTime && place ? { pid, startTime, place } : null
  } catch {
    return null
  }
}

function exists (pid: number): boolean {
  try {
    return kill(pid, 0)
  } catch (error) {
    return errorCode(error) !== 'ESRCH'
  }
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html : the name may hold brackets, so fields count from the last `)`. */
function startTimeOf (pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null // gone, or hidden by hidepid
  }
}

async function ageMs (path: string): Promise<number> {
  const stats = await lstat(path).catch(absent)
  return stats ? Date.now() - stats.mtimeMs : 0
}

function errorCode (error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code // what node:fs and kill throw
}

function absent (error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error
}
