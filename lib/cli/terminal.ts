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
  const first = await askHidden(`Password for ${name}: `, input, output)
  const second = await askHidden('Once more: ', input, output)
  if (first !== second) throw new AppError('bad-request', 'The two passwords differ')
  return first
}

async function askHidden (question: string, input: Readable, output: Writable): Promise<string> {
  output.write(question)
  const muted = new PassThrough().resume() // readline would echo what is typed
  const lines = createInterface({ input, output: muted, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('close', () => reject(new AppError('bad-request', 'No password was given')))
      lines.once('SIGINT', () => lines.close())
    })
  } finally {
    lines.close()
    output.write('\n')
  }
}
