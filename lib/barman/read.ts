import { randomUUID } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandReply } from '../../schemas/command.ts'
import { AppError } from '../errors.ts'
import type { RunResult } from '../runner/runner.ts'
import { argvFor, type Call, isList } from './call.ts'
import { failureOf } from './failures.ts'
import { mergeParts, type Part } from './merge.ts'
import { readOutput } from './output.ts'
import { redact, redactDeep } from './redact.ts'

/** Runs a read to its end, one process a server; throws the problem of its only part, or of the first where none ran. */
export async function read (call: Call, timeoutMs: number): Promise<CommandReply> {
  const [only = null] = call.servers
  if (!call.isSeveral) {
    const part = await readPart(call, only, timeoutMs)
    if (part.failure) throw part.failure
    return isList(call.compiled) ? seenOnly(part.reply, call.sees) : part.reply
  }
  const parts = await Promise.all(call.servers.map(async (server) => [server, await readPart(call, server, timeoutMs)] as const))
  return mergeParts(call.compiled.command.name, parts)
}

/** `list-servers`, without the servers that the caller may not see. */
function seenOnly (reply: CommandReply, sees: Call['sees']): CommandReply {
  const result = reply.result === null ? null : Object.fromEntries(Object.entries(reply.result as object).filter(([server]) => sees(server))) // Barman's own object of servers
  return { ...reply, result, output: reply.output.filter((line) => sees(line.split(' - ', 1)[0] ?? '')) }
}

/** Runs a command that prints bytes into a file of `garbage/`; resolves only after exit 0, for a torn file that looks whole would be used. */
export async function spool (call: Call, timeoutMs: number): Promise<{ file: string, size: number }> {
  const file = join(call.host.garbage, randomUUID())
  try {
    const [server = null] = call.servers
    const result = await call.host.run(server, argvFor(call, server), { timeoutMs, stdoutFile: file })
    const { failure } = partOf(call, result)
    if (failure) throw failure
    return { file, size: (await stat(file)).size }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

async function readPart (call: Call, server: string | null, timeoutMs: number): Promise<Part> {
  try {
    return partOf(call, await call.host.run(server, argvFor(call, server), { timeoutMs }))
  } catch (error) {
    if (!(error instanceof AppError) || !call.isSeveral) throw error
    return { reply: { command: call.compiled.command.name, exitCode: null, ok: false, result: null, output: [], errors: [error.message], warnings: [], durationMs: 0 }, failure: error, ran: false }
  }
}

function partOf ({ compiled, scopes: [own = 'read'], format }: Call, { exitCode, signal, stdout, stderr, durationMs, timedOut, tooLarge }: RunResult): Part {
  const command = compiled.command.name
  const { result, output, errors, warnings } = readOutput({
    format: format === 'json' ? 'json' : 'console', command, exitCode, stdout: tooLarge ? '' : stdout, stderr: tooLarge ? '' : stderr // a torn half of it is no answer
  })
  const reply: CommandReply = {
    command, exitCode, ok: exitCode === 0, result: redactDeep(result), output: output.map(redact), errors: errors.map(redact), warnings: warnings.map(redact), durationMs
  }
  const found = tooLarge
    ? { code: 'output-too-large' as const, detail: 'Barman printed more than this service holds in memory' }
    : failureOf({ command, class: own === 'exec' ? 'read' : own, exitCode, signal, errors, warnings, output, timedOut })
  const failure = found && new AppError(found.code, redact(found.detail), { extra: { exitCode, reply } })
  return { reply, failure, ran: !timedOut && exitCode !== null }
}
