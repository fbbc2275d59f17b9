import type { CommandReply, ReplyPart } from '../../schemas/command.ts'
import { PROBLEMS } from '../../schemas/problem.ts'
import type { AppError } from '../errors.ts'

/** What one server's process answered. */
export interface Part {
  readonly reply: CommandReply
  readonly failure: AppError | null
  /** The process ended by itself, well or not. */
  readonly ran: boolean
}

/** One reply of several parts, keyed by server; throws the first part's problem where none ran. */
export function mergeParts (command: string, parts: ReadonlyArray<readonly [server: string, part: Part]>): CommandReply {
  const failed = parts.find(([, { failure }]) => failure)?.[1].failure
  if (failed && parts.every(([, { ran }]) => !ran)) throw failed
  const replies = parts.map(([, { reply }]) => reply)
  const codes = new Set(replies.map(({ exitCode }) => exitCode))
  return {
    command,
    exitCode: codes.has(null) ? null : Math.max(0, ...replies.map(({ exitCode }) => exitCode ?? 0)),
    ok: replies.every(({ ok }) => ok),
    result: mergeResults(parts),
    output: replies.flatMap(({ output }) => output),
    errors: replies.flatMap(({ errors }) => errors),
    warnings: [...new Set(replies.flatMap(({ warnings }) => warnings))],
    durationMs: Math.max(0, ...replies.map(({ durationMs }) => durationMs)),
    servers: record(parts.map(([server, part]) => [server, summaryOf(part)]))
  }
}

/** Barman keys most documents by server already; what it does not key, we do. */
function mergeResults (parts: ReadonlyArray<readonly [string, Part]>): unknown {
  const found = parts.filter(([, { reply }]) => reply.result !== null)
  return found.length === 0 && parts.length > 0 ? null : record(found.map(([server, { reply: { result } }]) => [server, inner(server, result)]))
}

function inner (server: string, result: unknown): unknown {
  const isKeyed = typeof result === 'object' && result !== null && Object.keys(result).length === 1 && Object.hasOwn(result, server)
  return isKeyed ? (result as Record<string, unknown>)[server] : result // an object with that very key
}

function summaryOf ({ reply: { exitCode, ok, errors }, failure }: Part): ReplyPart {
  return { exitCode, ok, errors, ...(failure ? { problem: { code: failure.code, status: PROBLEMS[failure.code].status, detail: failure.message } } : {}) }
}

/** An object that takes any name, `__proto__` too. */
function record<T> (entries: ReadonlyArray<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries(entries)
}
