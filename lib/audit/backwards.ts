import { closeSync, existsSync, fstatSync, openSync, read } from 'node:fs'
import { promisify } from 'node:util'

const BLOCK_BYTES = 64 * 1024
const MAX_LINE_BYTES = 1024 * 1024 // of what is longer only the end is shown: it is none of ours

const readAt = promisify(read)

/** The lines of rotated files, the last of `file` first, then those of `file.1`, `file.2` and so on; in memory are a block and a line. */
export async function * linesBackwards (file: string): AsyncGenerator<string> {
  const fds = openAll(file)
  try {
    for (const fd of fds) yield * linesOf(fd)
  } finally {
    fds.forEach(closeSync)
  }
}

/** All within one tick, so that a rotation by this process neither hides a line nor shows one twice. */
function openAll (file: string): number[] {
  const fds = existsSync(file) ? [openSync(file, 'r')] : []
  for (let n = 1; existsSync(`${file}.${n}`); n++) fds.push(openSync(`${file}.${n}`, 'r'))
  return fds
}

async function * linesOf (fd: number): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0) // the end of a line that begins in a block before
  for (let end = fstatSync(fd).size; end > 0; end -= BLOCK_BYTES) {
    const start = Math.max(0, end - BLOCK_BYTES)
    const block = Buffer.alloc(end - start)
    await readAt(fd, block, 0, block.length, start)
    const bytes = Buffer.concat([block, rest])
    let stop = bytes.length
    for (let at = bytes.lastIndexOf(0x0a); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(0x0a, at - 1)) {
      if (at + 1 < stop) yield bytes.toString('utf8', at + 1, stop)
      stop = at
    }
    rest = stop > MAX_LINE_BYTES ? Buffer.alloc(0) : bytes.subarray(0, stop)
  }
  if (rest.length > 0) yield rest.toString('utf8')
}
