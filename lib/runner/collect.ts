import type { Readable } from 'node:stream'

/** The bytes of a stream as text, decoded once so that no character is cut; calls `onTooLarge` past the bound and keeps no more. */
export function collect (stream: Readable, maxBytes: number, onTooLarge: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxBytes) chunks.push(chunk)
    else onTooLarge()
  })
  return () => Buffer.concat(chunks).toString('utf8')
}
