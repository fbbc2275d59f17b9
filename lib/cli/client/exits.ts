import type { JobSummary } from '../../../schemas/job.ts'

/** What the client exits with, beside the exit code of a failed job; `docs/cli.md` has the table. */
export const EXIT = {
  done: 0,
  failed: 1,
  wrongCall: 2,
  unreachable: 69, // EX_UNAVAILABLE of sysexits.h
  unknown: 70,
  timedOut: 124, // as timeout(1)
  canceled: 125,
  interrupted: 130, // 128 + SIGINT
  readerGone: 141, // 128 + SIGPIPE
  terminated: 143 // 128 + SIGTERM
} as const

/** Why the client ends without what it was called for, in a sentence for people. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError'
  readonly exitCode: number

  constructor (message: string, exitCode: number = EXIT.failed) {
    super(message)
    this.exitCode = exitCode
  }
}

/** The client was called wrongly. */
export class WrongCall extends ClientError {
  override readonly name = 'WrongCall'

  constructor (message: string) {
    super(message, EXIT.wrongCall)
  }
}

/** How a job that has ended is told by an exit code: 0 only if it succeeded, whatever barman itself exited with. */
export function exitOf ({ state, exitCode }: Pick<JobSummary, 'state' | 'exitCode'>): number {
  switch (state) {
    case 'succeeded': return EXIT.done
    case 'canceled': return EXIT.canceled
    case 'timed_out': return EXIT.timedOut
    case 'unknown': return EXIT.unknown
    default: return exitCode !== null && exitCode > 0 && exitCode < 256 ? exitCode : EXIT.failed
  }
}
