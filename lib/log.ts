import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import type { Config } from './config/schema.ts'
import { LogFile } from './log-file.ts'

/** JSON lines to the console, or with the section `[log]` to `logs/barmanapi.log`, rotated at `max_bytes` (`.1` is the newest full one). */
export function openLog (config: Config, logs: string): Logger {
  const options = { level: config.application.debug ? 'debug' : 'info', timestamp: pino.stdTimeFunctions.isoTime }
  const { log } = config // its numbers may change while we run
  if (!log) return pino(options)
  const file = join(logs, 'barmanapi.log')
  const console = pino(options)
  return pino(options, new LogFile({ file, get maxBytes () { return log.max_bytes }, get backups () { return log.backup_count }, onError: (err, line) => console.error({ err, file, line }, 'log cannot be written') }))
}
