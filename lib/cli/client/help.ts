const CLIENT_WORDS = ['run', 'jobs', 'logs', 'cancel'] as const
export type ClientWordName = typeof CLIENT_WORDS[number]

/** Whether the first word of a command line is the client's. */
export function isClientWord (word: string | undefined): word is ClientWordName {
  return CLIENT_WORDS.some((known) => known === word)
}

export const CLIENT_HELP = `The client of barmanapi: calls a service, here or elsewhere

Usage: barmanapi run [OPTION...] COMMAND [WORD...] [--wait] [--json] [-- WORD...]
       barmanapi jobs [OPTION...] [--state S] [--server S] [--command C] [--past YYYYMM] [--limit N] [--json]
       barmanapi logs [OPTION...] TICKET [-f]
       barmanapi cancel [OPTION...] TICKET

  run        call a command of the service's Barman; what changes something is a job, and its ticket is printed
  jobs       the jobs of a month, newest first
  logs       what a job printed; -f follows it to its end and exits as it ended
  cancel     stop a job

Of run. What stands before COMMAND is the client's. Behind it stand Barman's own words and options, as in
"backup main --name nightly", and these two of the client's; behind -- these are Barman's too ("backup main --wait -- --wait"):
  --wait                   follow the job to its end, show what it prints, and exit as it ended
  --json                   print the one document that is the answer; what a job prints goes to standard error
  --help                   behind COMMAND: its words and options

Options:
  --url URL                the service (default: http://127.0.0.1:1935)
  --token TOKEN            a token; others may see it among the processes, so prefer the environment
  --user NAME              log in by name; the password comes by --password-stdin or BARMANAPI_PASSWORD
  --password-stdin         read the password from standard input
  --profile NAME           a section of ~/.config/barmanapi/profiles.ini (default: default)
  --ca FILE                certificates to trust, as PEM
  --give-up SECONDS        how long to try while the service is out of reach (default: 600)
  --idempotency-key KEY    run: the same key never starts a second job (default: a new one)

Environment: BARMANAPI_URL, BARMANAPI_TOKEN, BARMANAPI_TOKEN_FILE, BARMANAPI_USER, BARMANAPI_PASSWORD, BARMANAPI_CA,
BARMANAPI_PROFILE, BARMANAPI_PROFILES (the file), BARMANAPI_GIVE_UP, BARMANAPI_IDEMPOTENCY_KEY.

Exit codes: 0 succeeded, 1 failed or refused, 2 called wrongly, 69 out of reach, 70 nobody knows, 124 timed out, 125 canceled,
130 left by Ctrl-C and 143 by SIGTERM while the job runs on; a failed job's own code, where barman gave one.
`
