import { type Messages, linesOf, readMessages } from './output-messages.ts'

/** What one run of Barman left. Its texts were decoded from UTF-8 by whoever ran it. */
export interface RawOutput {
  readonly format: 'json' | 'console'
  readonly command: string
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What Barman said. Secrets are still in it: redact it before anybody sees it. */
export interface Output extends Messages {
  /** Barman's own document without its messages, or `null`. */
  readonly result: unknown
  /** What a person would have read on standard output. */
  readonly output: string[]
}

/** Where JSON messages stand, beside the names of servers. */
const RESERVED = new Set(['_DEBUG', '_INFO', '_WARNING', '_ERROR', '_EXCEPTION'])
/** These print JSON without being asked, and as a message when they are. */
const PRINTS_JSON = new Set(['diagnose', 'sync-info'])
/** Their document without a member is an answer: there are none. */
const LISTS = new Set(['list-servers', 'list-server', 'list-backups', 'list-backup', 'show-servers', 'show-server'])
const BACKUP_ID = /^\d{8}T\d{6}$/

/** Reads what Barman printed, in either format. Where JSON was asked for and not produced, the text is read instead. */
export function readOutput (raw: RawOutput): Output {
  const document = raw.format === 'json' ? parse(raw.stdout) : undefined
  const said = document === undefined ? readConsole(raw) : readDocument(raw.command, document)
  const isReport = raw.command === 'check' && (said.result !== null || said.output.length > 0) // it may fail without an error
  const heard = readMessages(raw.stderr, raw.exitCode !== 0 && said.errors.length === 0 && !isReport)
  return {
    ...said,
    errors: [...said.errors, ...heard.errors],
    warnings: [...said.warnings, ...heard.warnings],
    infos: [...said.infos, ...heard.infos]
  }
}

function readConsole ({ command, stdout }: RawOutput): Output {
  const result = PRINTS_JSON.has(command) ? parse(stdout) : undefined
  return { result: result ?? null, output: result === undefined ? linesOf(stdout) : [], errors: [], warnings: [], infos: [] }
}

function readDocument (command: string, document: unknown): Output {
  if (!isObject(document)) return { result: document, output: [], errors: [], warnings: [], infos: [] }
  const members = Object.entries(document)
  const messages = {
    errors: messagesUnder(members, '_ERROR', '_EXCEPTION'),
    warnings: messagesUnder(members, '_WARNING'),
    infos: messagesUnder(members, '_DEBUG', '_INFO')
  }
  const rest = members.flatMap(withoutMessages)
  const told = PRINTS_JSON.has(command) && rest.length === 0 ? parse(messages.infos.join('\n')) : undefined
  if (told !== undefined) return { ...messages, result: told, output: [], infos: [] }
  const isEmptyList = members.length === 0 && LISTS.has(command)
  return {
    ...messages,
    result: rest.length > 0 || isEmptyList ? Object.fromEntries(rest) : null, // as own members, whatever their names
    output: messagesUnder(members, '_INFO').flatMap(linesOf)
  }
}

function messagesUnder (members: ReadonlyArray<[string, unknown]>, ...keys: string[]): string[] {
  return members
    .flatMap(([key, value]) => keys.includes(key) && Array.isArray(value) ? value : [])
    .filter(isMessage)
    .map((message) => message.trimEnd())
}

/** A server may be named `_ERROR`: then its own entries stand under that key, and messages among them. */
function withoutMessages ([key, value]: [string, unknown]): Array<[string, unknown]> {
  if (!RESERVED.has(key) || !Array.isArray(value)) return [[key, value]]
  const own = value.filter((entry) => !isMessage(entry))
  return own.length > 0 || value.length === 0 ? [[key, own]] : [] // Barman makes no empty list of messages
}

function isMessage (entry: unknown): entry is string {
  return typeof entry === 'string' && !BACKUP_ID.test(entry) // an id alone is an entry of `list-backups --minimal`
}

function isObject (value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON: the caller reads it as text
  }
}
