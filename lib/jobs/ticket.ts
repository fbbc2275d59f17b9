import { randomBytes } from 'node:crypto'

/** A new ticket: a UUIDv7, sortable by time and unguessable by its 74 random bits. @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7 */
export function newTicket (now = Date.now()): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | (bytes.readUInt8(6) & 0x0f)
  bytes[8] = 0x80 | (bytes.readUInt8(8) & 0x3f)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

const TICKET = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** The only names that may become a folder's. */
export function isTicket (value: string): boolean {
  return TICKET.test(value)
}

/** The month a ticket was made in, `YYYYMM` in UTC: the folder it lives in. */
export function monthOf (ticket: string): string {
  const made = new Date(Number.parseInt(ticket.slice(0, 8) + ticket.slice(9, 13), 16))
  return made.toISOString().slice(0, 7).replace('-', '')
}
