import type { Host } from './host.ts'
import { readOutput } from './output.ts'
import { redactDeep } from './redact.ts'

const TRIES = 3
const TIMEOUT_MS = 60_000
/** `Starting backup using postgres method for server main in /var/lib/barman/main/base/20260131T020000`, in every version since 1.2. */
const STARTED = /^Starting backup .*\/(\d{8}T\d{6})\s*$/m

/** A backup's status as Barman lists it, with its `show-backup` document; `none` was started, or Barman could not be asked. */
export interface TakenBackup {
  readonly status: string
  readonly document: unknown
}

/** Asks Barman what became of the backup that a `barman backup` says it started. */
export async function findBackup (host: Host, server: string, stdout: string): Promise<TakenBackup> {
  const id = STARTED.exec(stdout)?.[1]
  if (id === undefined) return { status: 'none', document: null }
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const found = await show(host, server, id)
    if (found) return found
  }
  return { status: 'unreadable', document: null }
}

async function show (host: Host, server: string, id: string): Promise<TakenBackup | null> {
  try {
    const { words, format } = await host.words('show-backup', { server_name: server, backup_id: id })
    const { exitCode, stdout, stderr } = await host.run(server, words, { timeoutMs: TIMEOUT_MS })
    if (exitCode !== 0) return null
    const { result } = readOutput({ format, command: 'show-backup', exitCode, stdout, stderr })
    const status = statusIn(result, server) ?? /^ *Status +: (\w+)/m.exec(stdout)?.[1]
    return status === undefined ? null : { status, document: redactDeep(result) }
  } catch {
    return null // Barman could not be started: asked again, and in the end called unreadable
  }
}

function statusIn (document: unknown, server: string): string | undefined {
  const backup = (document as Record<string, { status?: unknown } | undefined> | null)?.[server] // of show-backup; anything else has no status
  return typeof backup?.status === 'string' ? backup.status : undefined
}
