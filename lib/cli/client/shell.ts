import type { Readable, Writable } from 'node:stream'

type Signal = 'SIGINT' | 'SIGTERM'
type Screenful = Writable & { readonly isTTY?: boolean, readonly columns?: number }

/** What the client knows of the process it runs in; `process` itself is one. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Screenful
  readonly stderr: Screenful
  on (signal: Signal, listener: () => void): unknown
  off (signal: Signal, listener: () => void): unknown
}

/** Whether a line on standard error may be drawn again in place; CI systems that lend a terminal set `CI`. */
export function canRedraw ({ env, stderr }: Shell): boolean {
  return stderr.isTTY === true && !isSet(env['CI']) && env['TERM'] !== 'dumb'
}

/** Whether somebody sits there who can be asked. */
export function canAsk ({ env, stdin, stderr }: Shell): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && !isSet(env['CI'])
}

function isSet (value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false'
}
