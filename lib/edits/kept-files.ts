import { isUtf8 } from 'node:buffer'
import { mkdir, readdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { BaseLogger } from 'pino'
import { AppError } from '../errors.ts'
import { replaceFile, syncFolder } from '../files.ts'
import { isTicket, newTicket } from '../jobs/ticket.ts'
import { withLock } from '../users/lock-file.ts'
import { FileChanged, type FileEdit, isBetween, putFile, repairFile } from './put-file.ts'

const KEPT = 200
const NOT_OURS = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'ENOSPC', 'EDQUOT', 'ENOENT', 'ETXTBSY'])

/** What was changed, by whom, and every file of it before and after. It may hold secrets. */
export interface Edit {
  readonly v: 1
  readonly id: string
  readonly at: string
  readonly user: string
  readonly action: string
  readonly files: readonly FileEdit[]
}

export interface KeptFilesOptions {
  /** Where edits are kept, one JSON file each, 0600. */
  readonly folder: string
  readonly log: Pick<BaseLogger, 'info' | 'warn'>
}

/**
 * Edits of files that belong to somebody else. Each is on disk, as `.pending`, before the first file is touched: so it is carried out
 * whole or, after a crash, taken back; and it can be restored later.
 */
export class KeptFiles {
  readonly #folder: string
  readonly #log: KeptFilesOptions['log']

  constructor ({ folder, log }: KeptFilesOptions) {
    this.#folder = folder
    this.#log = log
  }

  /** Does the work alone among all processes with this folder, after what a crash left was mended; or throws `too-busy`. */
  async exclusively<T> (work: () => Promise<T>): Promise<T> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    return withLock(join(this.#folder, '.lock'), async () => {
      await this.#recover()
      return work()
    }, 'the configuration')
  }

  /** Mends what a crash left; for the start. */
  async recover (): Promise<void> {
    await this.exclusively(async () => {})
  }

  /**
   * Carries all edits out or none, and tells under which id the earlier files are kept. Call it within `exclusively`.
   * Throws `file-changed`, or `file-not-writable` with whose the file is.
   */
  async apply (user: string, action: string, files: readonly FileEdit[]): Promise<{ readonly id: string, readonly isAtomic: boolean }> {
    const edit: Edit = { v: 1, id: newTicket(), at: new Date().toISOString(), user, action, files }
    const pending = this.#path(edit.id, '.pending')
    await replaceFile(pending, JSON.stringify(edit))
    try {
      let isAtomic = true
      for (const file of files) isAtomic = await this.#put(file) && isAtomic
      await rename(pending, this.#path(edit.id))
      await syncFolder(this.#folder)
      await this.#prune()
      return { id: edit.id, isAtomic }
    } catch (error) {
      await this.#takeBack(edit)
      throw error
    }
  }

  /** All edits, newest first. */
  async list (): Promise<Edit[]> {
    return Promise.all((await this.#ids()).reverse().map((id) => this.get(id)))
  }

  /** One edit, or throws `not-found`. */
  async get (id: string): Promise<Edit> {
    const text = isTicket(id) ? await readFile(this.#path(id), 'utf8').catch(absent) : undefined
    if (text === undefined) throw new AppError('not-found', 'There is no such version')
    return JSON.parse(text) as Edit // our own, written whole
  }

  async #put (file: FileEdit): Promise<boolean> {
    try {
      const isAtomic = await putFile(file)
      if (!contentIs(await read(file.path), file.after)) throw new FileChanged(file.path)
      return isAtomic
    } catch (error) {
      throw await explain(error, file.path)
    }
  }

  /** What a killed process left: an edit that is whole counts, any other is taken back. */
  async #recover (): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith('.pending')) continue
      const edit = JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as Edit // our own, written whole
      const isWhole = (await Promise.all(edit.files.map(async ({ path, after }) => contentIs(await read(path), after)))).every(Boolean)
      if (isWhole) await rename(join(this.#folder, name), this.#path(edit.id))
      else await this.#takeBack(edit)
      this.#log.warn({ id: edit.id, user: edit.user, files: edit.files.map(({ path }) => path), isWhole }, 'an edit that broke off was found')
    }
  }

  /** Brings back what this edit changed; what somebody else wrote since then stays. */
  async #takeBack (edit: Edit): Promise<void> {
    for (const file of edit.files) {
      const { path, before, after } = file
      const content = await read(path)
      if (contentIs(content, before)) continue
      if (contentIs(content, after)) await putFile({ ...file, before: after, after: before })
      else if (content && before !== null && after !== null && isBetween(content, before, after)) await repairFile(path, content, before)
      else this.#log.warn({ id: edit.id, file: path }, 'a file was changed by hand after an edit broke off: it stays')
    }
    await unlink(this.#path(edit.id, '.pending'))
    await syncFolder(this.#folder)
  }

  async #prune (): Promise<void> {
    for (const id of (await this.#ids()).slice(0, -KEPT)) await unlink(this.#path(id))
  }

  /** Oldest first: ids begin with their time. */
  async #ids (): Promise<string[]> {
    const names = await readdir(this.#folder).catch(absent) ?? []
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length)).sort()
  }

  #path (id: string, end = '.json'): string {
    return join(this.#folder, `${id}${end}`)
  }
}

/** The text of a file that is to be edited, or throws `unsafe-change` where it is not UTF-8. */
export async function readKept (path: string): Promise<string> {
  const content = await readFile(path)
  if (!isUtf8(content)) throw new AppError('unsafe-change', `${path} is not UTF-8: it must be mended by hand`)
  return content.toString('utf8')
}

async function read (path: string): Promise<Buffer | null> {
  return await readFile(path).catch(absent) ?? null
}

function contentIs (content: Buffer | null, text: string | null): boolean {
  return content === null || text === null ? content === text : content.equals(Buffer.from(text))
}

async function explain (error: unknown, path: string): Promise<unknown> {
  if (error instanceof FileChanged) return new AppError('file-changed', error.message)
  const { code = '' } = error as NodeJS.ErrnoException // what node:fs throws
  if (!NOT_OURS.has(code)) return error
  return new AppError('file-not-writable', `${path} cannot be written (${code})${await ownerOf(path)}`, { cause: error })
}

async function ownerOf (path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats) return ''
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const name = accounts.split('\n').map((line) => line.split(':')).find(([, , uid]) => uid === String(stats.uid))?.[0]
  return `; it belongs to ${name ?? 'the account with'} ${name ? `(uid ${stats.uid})` : `uid ${stats.uid}`}, mode ${(stats.mode & 0o777).toString(8)}`
}

function absent (error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // what node:fs throws
}
