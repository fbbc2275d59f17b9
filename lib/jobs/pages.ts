import { stripVTControlCharacters } from 'node:util'
import { redact, REDACTION_MASK, secretAt } from '../barman/redact.ts'

/** The longest page. */
export const PAGE_BYTES = 256 * 1024
/** What is read before and behind a page to find a secret that crosses its edge: more than Barman prints of one. */
export const MARGIN_BYTES = 8 * 1024

/** Bytes of a stream of a job: the page itself, what stands before it, and what follows. */
export interface Window {
  readonly bytes: Buffer
  /** Where the page begins in `bytes`. */
  readonly from: number
  /** Where it ends at the latest. */
  readonly to: number
  /** Nothing will follow `bytes`. */
  readonly isEnd: boolean
}

/** A page as it may be shown, and how many bytes of the stream it stands for. */
export interface Page {
  readonly text: string
  readonly length: number
}

/**
 * Cuts a page out of a window: at the end of a line, or where one line is longer than a page, between two characters.
 * No page splits a secret, whatever offset a caller made up; a line that is still being written waits for its end.
 */
export function cutPage ({ bytes, from, to, isEnd }: Window): Page {
  const raw = bytes.toString('latin1') // one character a byte; every spelling of a secret is told by ASCII
  const end = endOfPage(bytes, from, Math.min(to, bytes.length), isEnd)
  const start = Math.min(secretAt(raw, from)?.end ?? from, end)
  const cut = end === bytes.length && isEnd ? end : Math.max(secretAt(raw, end)?.start ?? end, start)
  if (cut === start && end > from) return { text: start === from ? REDACTION_MASK : '', length: end - from } // nothing but one secret
  return { text: stripVTControlCharacters(redact(bytes.subarray(start, cut).toString('utf8'))), length: cut - from }
}

function endOfPage (bytes: Buffer, from: number, to: number, isEnd: boolean): number {
  if (isEnd && to === bytes.length) return to
  const line = Math.max(bytes.lastIndexOf(0x0a, to - 1), bytes.lastIndexOf(0x0d, to - 1)) + 1 // a progress line ends with CR
  if (line > from) return line
  return to - from < PAGE_BYTES && to === bytes.length ? from : startOfCharacter(bytes, to)
}

/** The last place at or before `index` at which no UTF-8 character is open. */
function startOfCharacter (bytes: Buffer, index: number): number {
  for (let at = index; at > index - 4; at--) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return at
  }
  return index // no UTF-8: there is nothing to keep whole
}

/** Where the last lines of some bytes begin. Unless they are the whole stream, the first is the end of a line only, and counts only where there is no other. */
export function startOfTail (bytes: Buffer, lines: number, isWhole: boolean): number {
  const first = isWhole ? 0 : bytes.indexOf(0x0a) + 1
  let start = bytes.length
  for (let left = lines; left > 0 && start > first; left--) start = Math.max(first, bytes.subarray(0, start - 1).lastIndexOf(0x0a) + 1)
  return start < bytes.length ? start : Math.max(0, bytes.findIndex((byte) => (byte & 0xc0) !== 0x80))
}
