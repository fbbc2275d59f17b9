import { createInterface } from 'node:readline'
import { ClientError, EXIT } from './exits.ts'
import type { Screen } from './screen.ts'
import { canAsk, type Shell } from './shell.ts'

export interface LeaveOptions {
  readonly shell: Shell
  readonly screen: Screen
  /** What is true when the client goes. */
  readonly farewell: string
  /** What a yes does; without it nobody is asked. */
  readonly cancel?: () => Promise<void>
}

/**
 * Waits for some work, or throws a ClientError (`interrupted`, `terminated`) when a signal ends the client before. Ctrl-C on a
 * terminal asks first whether the job shall be canceled, a second one goes; neither ends the job by itself.
 */
export async function untilLeft<T> (work: Promise<T>, { shell, screen, farewell, cancel }: LeaveOptions): Promise<T> {
  let leave: (error: Error) => void = () => {}
  const left = new Promise<never>((resolve, reject) => { leave = reject })
  let question: Question | null = null
  const go = (exitCode: number) => leave(new ClientError(farewell, exitCode))
  const onInterrupt = () => {
    if (!cancel || question || !canAsk(shell)) return go(EXIT.interrupted)
    question = new Question(shell, screen, (isYes) => {
      question = null
      if (isYes) cancel().catch(leave)
    })
  }
  const onTerminate = () => go(EXIT.terminated)
  shell.on('SIGINT', onInterrupt)
  shell.on('SIGTERM', onTerminate)
  try {
    return await Promise.race([work, left])
  } finally {
    shell.off('SIGINT', onInterrupt)
    shell.off('SIGTERM', onTerminate)
    endOf(question)?.close()
  }
}

/** The compiler believes that a variable which only callbacks set is still null. */
function endOf (question: Question | null): Question | null {
  return question
}

/** One question at the foot of the screen; closing it is a no. */
class Question {
  readonly #lines: ReturnType<typeof createInterface>

  constructor ({ stdin, stderr }: Shell, screen: Screen, answer: (isYes: boolean) => void) {
    screen.hold('Cancel the job? [y/N] (Ctrl-C again leaves it running) ')
    this.#lines = createInterface({ input: stdin, terminal: false }) // the terminal itself echoes, and Ctrl-C stays a signal
    let isYes = false
    let isAnswered = false
    this.#lines.once('line', (line) => {
      isAnswered = true
      isYes = /^\s*y(es)?\s*$/i.test(line)
      this.#lines.close()
    })
    this.#lines.once('close', () => {
      if (!isAnswered) stderr.write('\n')
      screen.release()
      answer(isYes)
    })
  }

  close (): void {
    this.#lines.close()
  }
}
