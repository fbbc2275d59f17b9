import { ClientError, EXIT } from './exits.ts'
import { RUN_FLAGS, splitAtCommand } from './flags.ts'
import { CLIENT_HELP, type ClientWordName } from './help.ts'
import { cancel, jobs, logs } from './jobs.ts'
import { run } from './run.ts'
import { Screen } from './screen.ts'
import type { ClientWord } from './session.ts'
import type { Shell } from './shell.ts'

const WORDS: Readonly<Record<ClientWordName, ClientWord>> = { run, jobs, logs, cancel }

/** The client's part of the command line: does what the first word says and gives the exit code. */
export async function runClient (word: ClientWordName, args: readonly string[], shell: Shell): Promise<number> {
  const screen = new Screen(shell)
  if (wantsHelp(word, args)) {
    await screen.write('stdout', CLIENT_HELP)
    return EXIT.done
  }
  try {
    return await WORDS[word](args, shell, screen)
  } catch (error) {
    screen.end()
    if (!(error instanceof ClientError)) throw error
    screen.say(error.message)
    return error.exitCode
  }
}

/** Behind a command `--help` asks for that command's. */
function wantsHelp (word: ClientWordName, args: readonly string[]): boolean {
  const ours = word === 'run' ? splitAtCommand(args, RUN_FLAGS).ours : args
  return ours.includes('--help') || ours.includes('-h')
}
