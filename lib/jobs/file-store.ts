import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { replaceFile, syncFolder } from '../files.ts'
import { Keys } from './keys.ts'
import { JobRecord } from './record.ts'
import type { ExitRecord, JobStore, Output, Stream } from './store.ts'
import { isTicket, monthOf } from './ticket.ts'

const check = TypeCompiler.Compile(JobRecord)

/** Jobs in folders: `active/YYYYMM/TICKET/` with `job.json` and what the wrapper writes beside it. */
export class FileStore implements JobStore {
  readonly #active: string
  #keys: Promise<Keys> | undefined

  constructor (active: string) {
    this.#active = active
  }

  folder (ticket: string): string {
    if (!isTicket(ticket)) throw new TypeError('not a ticket')
    return join(this.#active, monthOf(ticket), ticket)
  }

  async create (record: JobRecord, input?: Readable): Promise<void> {
    const keys = record.idempotencyKey ? await this.#readKeys() : undefined
    keys?.note(record)
    await this.#create(record, input).catch((error: unknown) => {
      keys?.forget(record)
      throw error
    })
  }

  async byKey (key: string): Promise<string | undefined> {
    return (await this.#readKeys()).get(key)
  }

  /** Every key on disk, read when the first one is asked for. */
  #readKeys (): Promise<Keys> {
    this.#keys ??= (async () => {
      const keys = new Keys()
      for (const month of await this.months()) {
        for (const ticket of await this.tickets(month)) keys.note(await this.get(ticket) ?? { ticket })
      }
      return keys
    })()
    return this.#keys
  }

  async #create (record: JobRecord, input?: Readable): Promise<void> {
    const folder = this.folder(record.ticket)
    const month = dirname(folder)
    await mkdir(month, { recursive: true, mode: 0o700 })
    await mkdir(folder, { mode: 0o700 })
    if (input) await this.#saveInput(record.ticket, input)
    await this.save(record)
    await syncFolder(month)
    await syncFolder(this.#active)
  }

  async #saveInput (ticket: string, input: Readable): Promise<void> {
    const file = createWriteStream(join(this.folder(ticket), 'stdin'), { flags: 'wx', mode: 0o600, flush: true })
    await pipeline(input, file).catch(async (error: unknown) => {
      await this.dropInput(ticket)
      throw error
    })
  }

  async dropInput (ticket: string): Promise<void> {
    await rm(join(this.folder(ticket), 'stdin'), { force: true })
  }

  async save (record: JobRecord): Promise<void> {
    await replaceFile(join(this.folder(record.ticket), 'job.json'), JSON.stringify(record) + '\n')
  }

  async get (ticket: string): Promise<JobRecord | undefined> {
    const text = await readFile(join(this.folder(ticket), 'job.json'), 'utf8').catch(unreadable)
    if (text === undefined) return undefined
    const record = parse(text)
    return check.Check(record) && record.ticket === ticket ? record : undefined
  }

  async tickets (month: string): Promise<readonly string[]> {
    const names = await readdir(join(this.#active, month)).catch(absent)
    return (names ?? []).filter(isTicket).sort().reverse()
  }

  async months (): Promise<readonly string[]> {
    return (await readdir(this.#active)).filter((name) => /^\d{6}$/.test(name)).sort().reverse()
  }

  async exit (ticket: string): Promise<ExitRecord | null> {
    const text = await readFile(join(this.folder(ticket), 'exit'), 'utf8').catch(absent)
    const match = /^(\d+) (\d+) *\n/.exec(text ?? '')
    return match ? { exitCode: Number(match[1]), at: new Date(Number(match[2]) * 1000) } : null
  }

  async slice (ticket: string, stream: Stream, from: number, maxBytes: number): Promise<{ bytes: Buffer, size: number }> {
    const handle = await open(join(this.folder(ticket), stream)).catch(absent)
    if (!handle) return { bytes: Buffer.alloc(0), size: 0 }
    try {
      const { size } = await handle.stat()
      const buffer = Buffer.alloc(Math.max(0, Math.min(maxBytes, size - from)))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
      return { bytes: buffer.subarray(0, bytesRead), size }
    } finally {
      await handle.close()
    }
  }

  async output (ticket: string, maxBytes: number): Promise<Output> {
    const folder = this.folder(ticket)
    const [stdout, stderr] = await Promise.all([tail(join(folder, 'stdout'), maxBytes), tail(join(folder, 'stderr'), maxBytes)])
    return { stdout: stdout.text, stderr: stderr.text, truncated: stdout.truncated || stderr.truncated }
  }
}

/** The end of a file, from the start of a line where its beginning is left out. */
async function tail (file: string, maxBytes: number): Promise<{ text: string, truncated: boolean }> {
  const handle = await open(file).catch(absent)
  if (!handle) return { text: '', truncated: false }
  try {
    const { size } = await handle.stat()
    const from = Math.max(0, size - maxBytes)
    const buffer = Buffer.alloc(size - from)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
    const start = from === 0 ? 0 : startOf(buffer)
    return { text: buffer.subarray(start, bytesRead).toString('utf8'), truncated: from > 0 }
  } finally {
    await handle.close()
  }
}

/** The start of the first whole line, or of the first whole character where there is only one line. */
function startOf (buffer: Buffer): number {
  const line = buffer.indexOf(0x0a) + 1
  return line > 0 && line < buffer.length ? line : Math.max(0, buffer.findIndex((byte) => (byte & 0xc0) !== 0x80))
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // torn: no record of ours
  }
}

/** Undefined where a file is missing, or stands there but is no record of ours; anything else that goes wrong with it flies. */
function unreadable (error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP'].includes(error.code ?? '')) throw error
}

/** Undefined where a file is missing; anything else that goes wrong with it flies. */
function absent (error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
