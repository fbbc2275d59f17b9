import { createHmac } from 'node:crypto'

const LEAST_BYTES = 24
const MOST_BYTES = 64

/** The bytes of each secret, blanks between them, each base64 with `whsec_` in front or without; or what is wrong. Several are for a change of secret. */
export function readSecrets (text: string): readonly Buffer[] | { readonly fault: string } {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const secrets = words.map((word) => bytesOf(word.replace(/^whsec_/, '')))
  const isGood = secrets.every((secret) => secret !== null && secret.length >= LEAST_BYTES && secret.length <= MOST_BYTES)
  if (secrets.length > 0 && isGood) return secrets.filter((secret) => secret !== null)
  return { fault: `must be base64 of ${LEAST_BYTES} to ${MOST_BYTES} bytes, whsec_ in front or not, as \`openssl rand -base64 32\` makes it` }
}

/**
 * The headers that prove a message: who has one of the secrets can tell that we sent this body at that time.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function sign (secrets: readonly Buffer[], id: string, timestampS: number, body: string): Record<string, string> {
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestampS}.${body}`).digest('base64')}`)
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampS), 'webhook-signature': signatures.join(' ') }
}

/** Node skips what is no base64; a secret with a slip in it would then be another one. */
function bytesOf (word: string): Buffer | null {
  const bytes = Buffer.from(word, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === word.replace(/=+$/, '') ? bytes : null
}
