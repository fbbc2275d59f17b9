import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { createStream } from 'rotating-file-stream'
import type { Config } from './config/schema.ts'

/** JSON lines to the console, or with the section `[log]` to `logs/barmanapi.log`, rotated at `max_bytes` (`.1` is the newest full one). */
export function openLog (config: Config, logs: string): Logger {
  const options = { level: config.application.debug ? 'debug' : 'info', timestamp: pino.stdTimeFunctions.isoTime }
  if (!config.log) return pino(options)
  const stream = createStream('barmanapi.log', {
    path: logs, size: `${config.log.max_bytes}B`, rotate: config.log.backup_count, mode: 0o600
  })
  const log = pino(options, stream)
  stream.on('error', (err) => pino(options).error({ err, file: join(logs, 'barmanapi.log') }, 'log cannot be written'))
  return log
}
