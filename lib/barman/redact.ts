/** What stands where a secret stood; the very mask that Barman itself prints. */
export const REDACTION_MASK = '*REDACTED*'

const LINE_LIMIT = 65_536 // characters that a `Redactor` holds back while a line has no end
const LOOKAHEAD = 8_192 // characters at the end of a long line that wait for what may complete a secret

/** Names whose values are secret, as the end of a longer name too: PGPASSWORD, sslpassword, auth_token. */
const NAME = '(?:password|passwd|passphrase|secret|token|(?:secret_access|customer|private|api)[_-]?key)'
const GAP = '[ \\t]{0,64}'
const SPACE = ' \\t\\r\\n\\f\\v'
const EQUALS = `${NAME}(?:${GAP}=|\\\\*["']${GAP}[:=])${GAP}`
/** A run of backslashes and what it escapes: JSON doubles the backslashes of what it quotes, so runs, not pairs. */
const ESCAPE = '\\\\+(?:[^\\\\\\r\\n]|(?![^\\r\\n]))'
const SCHEME = ':(?:\\\\*/){2}'
const USER = `[^:@/?#\\[\\]"'${SPACE}]*`
const PORT = '\\d{1,5}(?![^,/?#"\'\\s])'
/** Where a password that no `@` ends stops being one; a token just before the colon may have been masked already. */
const NEXT_URL = '(?:postgres(?:ql)?|\\*REDACTED\\*)'
const AUTHORIZATION = `authorization\\\\*["']?${GAP}[:=]${GAP}\\\\*["']?`

/**
 * Every spelling of a secret, each as one group for what stays and then the secret. No spelling crosses the end of
 * its line, nor can one be read in two ways, so the time is linear and lines can be redacted one by one.
 */
const SPELLINGS = [
  /* ?token=…&            */ `([?&]${NAME}=)${bare('&#')}`,
  /* password='it\'s'     */ `(${EQUALS}')(?:[^'\\\\\\r\\n]|${ESCAPE}|''|'\\\\+'')+`,
  /* "password": "…"      */ `(${EQUALS}")(?:[^"\\\\\\r\\n]|${ESCAPE})+`,
  /* \"password\": \"…\"  */ `(${EQUALS}(?<marks>\\\\+)")(?:[^"\\\\\\r\\n]|(?!\\k<marks>")${ESCAPE})+`,
  /* password=…           */ `(${NAME}${GAP}=${GAP})${bare()}`,
  /* "password": 1234     */ `(${NAME}["']${GAP}:${GAP})(?<number>-?\\d[\\d.e+-]*)`,
  /* password%3D…         */ `(${NAME}(?:%20|\\+)*%3D(?:%20|\\+)*(?:%27)?)(?:(?!%20|%26|%27)[^&#+"'${SPACE}])+`,
  /* postgres://user:…@   */ `(postgres(?:ql)?(?:\\+\\w{1,16})?${SCHEME}${USER}:)(?!${PORT}|\\\\*/\\\\*/)(?:(?!${NEXT_URL}:\\\\*/)[^@${SPACE}])+(?:@[^@/?#${SPACE}]*)*(?=@)`,
  /* the same, encoded    */ `(postgres(?:ql)?%3A%2F%2F(?:(?!%3A|%40|%2F)[^&${SPACE}])*%3A)(?:(?!%40|${NEXT_URL}%3A%2F)[^&${SPACE}])+(?=%40)`,
  /* https://user:…@      */ `(${SCHEME}${USER}:)[^@/?#"'${SPACE}]+(?=@)`,
  /* Authorization: X …   */ `(${AUTHORIZATION}[a-z][\\w-]{0,31}[ \\t]{1,64})[^\\\\"',;${SPACE}]+`,
  /* Authorization: …     */ `(${AUTHORIZATION})[^\\\\"',;${SPACE}]+`,
  /* a JSON web token     */ '()eyJ(?:(?!eyJ)[\\w-]){5,}\\.eyJ[\\w-]*(?:\\.[\\w-]*)*'
]
const SECRET = new RegExp(SPELLINGS.join('|'), 'gi')
const SECRET_KEY = new RegExp(`(?:${NAME}|authorization|cookie)$`, 'i')

/** A value without quotation marks around it. One inside, before a delimiter, closes what stands around the value. */
function bare (ends = ''): string {
  const part = `[^\\\\"'${ends}${SPACE}]|${ESCAPE}`
  return `(?!\\\\+")(?:${part})(?:${part}|["'](?![${SPACE},;:)}\\]>]|$))*`
}

/**
 * Masks every secret in a text: passwords of conninfo strings and URLs, JSON members, headers, tokens.
 * Applied twice it changes nothing more.
 */
export function redact (text: string): string {
  return text.replace(SECRET, (match: string, ...found: unknown[]) => {
    const { number } = found.at(-1) as Record<string, string | undefined> // the named groups: the pattern has some
    const kept = found.find((group) => group !== undefined)
    return `${String(kept)}${number === undefined ? REDACTION_MASK : `"${REDACTION_MASK}"`}`
  })
}

/** The secret, with what names it, in whose midst the index lies; null where it lies between two or in none. */
export function secretAt (text: string, index: number): { readonly start: number, readonly end: number } | null {
  for (const { 0: match, index: start } of text.matchAll(SECRET)) {
    if (start >= index) return null
    if (start + match.length > index) return { start, end: start + match.length }
  }
  return null
}

/** Masks every secret in a JSON value: in its texts and its keys, and whole values whose key names a secret. */
export function redactDeep<T> (value: T): T {
  return walk(value, false) as T // the same shape; only texts change, and numbers under a secret key
}

function walk (value: unknown, secret: boolean): unknown {
  if (typeof value === 'string') return secret && value !== '' ? REDACTION_MASK : redact(value)
  if (typeof value === 'number') return secret ? REDACTION_MASK : value
  if (Array.isArray(value)) return value.map((item) => walk(item, secret))
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map((entry) => walkMember(entry, secret))) : value
}

/** `{ value, source }` under a secret key, as `diagnose --show-config-source` writes it, holds the secret in `value`. */
function walkMember ([key, value]: [string, unknown], secret: boolean): [string, unknown] {
  return [redact(key), walk(value, SECRET_KEY.test(key) || (secret && key === 'value'))]
}

function isPlain (value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * Redacts a text that arrives in pieces. Whole lines leave at once; of a line without an end at most 64 KiB wait,
 * and one that is a single secret longer than that is masked to its end.
 */
export class Redactor {
  #held = ''
  #isMuted = false

  /** Takes the next piece and gives what is safe to show by now. */
  push (chunk: string): string {
    this.#held += this.#isMuted ? this.#unmuted(chunk) : chunk
    const lines = this.#take(1 + Math.max(this.#held.lastIndexOf('\n'), this.#held.lastIndexOf('\r')))
    return lines + (this.#held.length > LINE_LIMIT ? this.#overflow() : '')
  }

  /** Gives what is left, and makes the redactor new. */
  end (): string {
    this.#isMuted = false
    return this.#take(this.#held.length)
  }

  #take (length: number): string {
    const text = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    return redact(text)
  }

  #overflow (): string {
    let cut = this.#held.length - LOOKAHEAD
    for (const { 0: match, index } of this.#held.matchAll(SECRET)) {
      if (index < cut && index + match.length > cut) cut = index
    }
    if (/[\uD800-\uDBFF]/.test(this.#held.charAt(cut - 1))) cut-- // a character is never split
    this.#isMuted = cut === 0
    return this.#take(this.#isMuted ? this.#held.length : cut)
  }

  /** What follows the end of the line that is masked to its end. */
  #unmuted (chunk: string): string {
    const end = chunk.search(/[\r\n]/)
    this.#isMuted = end === -1
    return this.#isMuted ? '' : chunk.slice(end)
  }
}
