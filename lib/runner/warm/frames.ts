const HEAD_BYTES = 9
const MAX_PAYLOAD = 1024 * 1024

/** What we say to the worker. */
export const REQUEST = { run: 1, signal: 2 } as const
/** What the worker says to us. */
export const REPLY = { out: 1, err: 2, exit: 3, stale: 4, ready: 5 } as const

/** A message of worker.py: call, kind and bytes. */
export interface Frame {
  readonly call: number
  readonly kind: number
  readonly payload: Buffer
}

/** The bytes of a frame. */
export function encode (call: number, kind: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(call, 0)
  head.writeUInt8(kind, 4)
  head.writeUInt32BE(payload.length, 5)
  return Buffer.concat([head, payload])
}

/** A number as payload: an exit code, or a signal. */
export function numeral (value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** Cuts a stream of bytes into frames. Its `read` throws where they are none: something else printed there. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** The frames that are whole with these bytes. */
  read (bytes: Buffer): Frame[] {
    const frames: Frame[] = []
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    while (this.#rest.length >= HEAD_BYTES) {
      const length = this.#rest.readUInt32BE(5)
      if (length > MAX_PAYLOAD) throw new RangeError('these are no frames')
      if (this.#rest.length < HEAD_BYTES + length) break
      frames.push({ call: this.#rest.readUInt32BE(0), kind: this.#rest.readUInt8(4), payload: this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length) })
      this.#rest = this.#rest.subarray(HEAD_BYTES + length)
    }
    return frames
  }
}
