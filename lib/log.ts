import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import type { Config } from './config/schema.ts'
import { LogFile } from './log-file.ts'

/** JSON lines to the console, or with the section `[log]` to `logs/barmanapi.log`, rotated at `max_bytes` (`.1` is the newest full one). */
export function openLog (config: Config, logs: string): Logger {
  const options = { level: config.application.debug ? 'debug' : 'info', timestamp: pino.stdTimeFunctions.isoTime }
  if (!config.log) return pino(options)
  const { max_bytes: maxBytes, backup_count: backups } = config.log
  const file = join(logs, 'barmanapi.log')
  const console = pino(options)
  return pino(options, new LogFile({ file, maxBytes, backups, onError: (err, line) => console.error({ err, file, line }, 'log cannot be written') }))
}
