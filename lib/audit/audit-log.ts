import { Value } from '@sinclair/typebox/value'
import { AuditEntry, type AuditPage, type AuditQuery } from '../../schemas/audit.ts'
import { redactDeep } from '../barman/redact.ts'
import { newTicket } from '../jobs/ticket.ts'
import { LogFile, type LogFileOptions } from '../log-file.ts'
import { linesBackwards } from './backwards.ts'

/** What happened, before it has its id and its time. */
export type AuditEvent = Pick<AuditEntry, 'event' | 'outcome'> & Partial<Pick<AuditEntry, 'user' | 'address' | 'requestId' | 'details'>>

const MAX_DETAILS = 8192 // characters; more than that is nobody's account of what he did
const PAGE = 50

/** Who did what, from where, with which outcome: one line of JSON each, only ever appended, rotated by size; never a secret. */
export class AuditLog {
  readonly #path: string
  readonly #file: LogFile

  constructor (options: LogFileOptions) {
    this.#path = options.file
    this.#file = new LogFile(options)
  }

  /** Appends a line, which is with the kernel when this returns. */
  write ({ event, outcome, user = null, address = null, requestId = null, details = {} }: AuditEvent): void {
    const safe = redactDeep({ user, details })
    const line: AuditEntry = {
      id: newTicket(), time: new Date().toISOString(), event, outcome, user: safe.user?.slice(0, 64) ?? null, address, requestId, details: bounded(safe.details)
    }
    this.#file.write(`${JSON.stringify(line)}\n`)
  }

  /** One page, newest first, of what is asked for and `mayShow` lets pass. */
  async page ({ since, limit = PAGE, cursor, ...query }: AuditQuery, mayShow: (entry: AuditEntry) => boolean = () => true): Promise<AuditPage> {
    const entries: AuditEntry[] = []
    let isBehind = cursor === undefined
    for await (const line of linesBackwards(this.#path)) {
      const entry = read(line)
      if (!entry) continue
      if (since !== undefined && Date.parse(entry.time) < Date.parse(since)) break
      if (isBehind && matches(entry, query) && mayShow(entry)) {
        if (entries.length === limit) return { entries, nextCursor: entries.at(-1)?.id ?? null }
        entries.push(entry)
      }
      isBehind ||= entry.id === cursor
    }
    return { entries, nextCursor: null }
  }
}

function matches ({ time, user, event }: AuditEntry, query: Pick<AuditQuery, 'until' | 'user' | 'event'>): boolean {
  return (query.until === undefined || Date.parse(time) < Date.parse(query.until)) &&
    (query.user === undefined || user === query.user) &&
    (query.event === undefined || event === query.event || event.startsWith(`${query.event}.`))
}

/** Null for a line that a crash tore, or somebody wrote by hand. */
function read (line: string): AuditEntry | null {
  try {
    const entry: unknown = JSON.parse(line)
    return Value.Check(Shape, entry) ? entry : null
  } catch {
    return null
  }
}

const Shape = withoutFormats()

/** TypeBox's own checks know no `date-time`. */
function withoutFormats (): typeof AuditEntry {
  const { format: _, ...time } = AuditEntry.properties.time
  return { ...AuditEntry, properties: { ...AuditEntry.properties, time } }
}

function bounded (details: AuditEntry['details']): AuditEntry['details'] {
  return JSON.stringify(details).length <= MAX_DETAILS ? details : { tooLong: true }
}
