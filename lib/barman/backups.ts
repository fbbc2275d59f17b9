import { AppError } from '../errors.ts'
import type { Host } from './host.ts'
import { readOutput } from './output.ts'
import { redact } from './redact.ts'
import type { Values } from './parameters.ts'

/** What `list-servers` puts behind the description of a server that takes no backups. */
const IDLE = / \((?:inactive|Passive)\)$/

/** A backup that is whole, with all its WAL. */
export interface GoodBackup {
  readonly id: string
  readonly finishedAt: Date
}

/** The servers that take backups of their own: neither inactive nor passive. Throws where Barman does not tell. */
export async function backedUpServers (host: Host, timeoutMs: number): Promise<string[]> {
  const servers = await ask(host, 'list-server', {}, timeoutMs) // in the singular it is known to every Barman
  return Object.entries(servers).filter(([, told]) => !IDLE.test(String(member(told, 'description')))).map(([server]) => server)
}

/** The newest backup that Barman calls DONE, or null where it lists none such. Throws where Barman does not tell. */
export async function newestBackup (host: Host, server: string, timeoutMs: number): Promise<GoodBackup | null> {
  const listed = member(await ask(host, 'list-backup', { server_name: [server] }, timeoutMs), server)
  if (!Array.isArray(listed)) throw new AppError('barman-failed', 'Barman lists no backups of this server')
  const done = listed.filter((backup) => member(backup, 'status') === 'DONE').map(goodBackup)
  return done.reduce<GoodBackup | null>((newest, backup) => newest && newest.finishedAt >= backup.finishedAt ? newest : backup, null)
}

function goodBackup (listed: unknown): GoodBackup {
  const id = member(listed, 'backup_id')
  const seconds = Number(member(listed, 'end_time_timestamp')) // without the zone trouble of `end_time`
  if (typeof id !== 'string' || !(seconds > 0)) throw new AppError('barman-failed', 'Barman lists a backup without id or end')
  return { id, finishedAt: new Date(seconds * 1000) }
}

async function ask (host: Host, command: string, values: Values, timeoutMs: number): Promise<object> {
  const { words, format } = await host.words(command, values)
  if (format !== 'json') throw new AppError('barman-unusable', 'This Barman prints no JSON, as 2.9 and later do')
  const { exitCode, stdout, stderr, timedOut, tooLarge } = await host.run(values['server_name'] ? String(values['server_name']) : null, words, { timeoutMs })
  const { result, errors } = readOutput({ format, command, exitCode, stdout, stderr })
  if (exitCode === 0 && !tooLarge && typeof result === 'object' && result !== null) return result
  throw new AppError('barman-failed', timedOut ? 'Barman did not answer in time' : redact(errors.join('; ')) || `Barman gave no list (exit code ${exitCode})`)
}

function member (value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined // it is an object with it
}
