import type { PROBLEMS } from '../schemas/problem.ts'

/** What can go wrong on purpose. */
export type ErrorCode = keyof typeof PROBLEMS

/** A fault in one input: a JSON pointer to it and what is wrong there. */
export interface InputFault { readonly pointer: string, readonly detail: string }

export interface AppErrorExtras {
  readonly errors?: readonly InputFault[]
  /** Further members of the problem document, documented with the route that sends them. */
  readonly extra?: Readonly<Record<string, unknown>>
  /** Seconds after which the same request may succeed. */
  readonly retryAfterS?: number
  readonly cause?: unknown
}

/** An expected failure, told to the caller as a problem. Its message is for the caller and holds no secret. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly extras: AppErrorExtras

  constructor (code: ErrorCode, detail: string, extras: AppErrorExtras = {}) {
    super(detail, { cause: extras.cause })
    this.name = 'AppError'
    this.code = code
    this.extras = extras
  }
}

/** Why the service cannot start, in one sentence for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
