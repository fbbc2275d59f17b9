import { on } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Readable, Writable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { AppError } from '../errors.ts'

/** Everything a stream holds, as text. */
export function readAll (input: Readable): Promise<string> {
  return text(input)
}

/** Asks twice for a password without showing it, or throws `bad-request` when the two differ. */
export async function askPassword (name: string, input: Readable, output: Writable): Promise<string> {
  const muted = new PassThrough().resume() // readline would echo what is typed
  const lines = createInterface({ input, output: muted, terminal: true }) // before the prompt, for from here on the terminal is silent
  const typed = on(lines, 'line', { close: ['close'] })
  lines.once('SIGINT', () => lines.close())
  try {
    const first = await ask(`Password for ${name}: `, typed, output)
    const second = await ask('Once more: ', typed, output)
    if (first !== second) throw new AppError('bad-request', 'The two passwords differ')
    return first
  } finally {
    lines.close()
  }
}

async function ask (question: string, typed: AsyncIterator<string[]>, output: Writable): Promise<string> {
  output.write(question)
  const { value, done } = await typed.next()
  output.write('\n')
  if (done) throw new AppError('bad-request', 'No password was given')
  return value[0] ?? ''
}
