/** How one process is to run. */
export interface RunOptions {
  /** After which the whole process group is ended. */
  readonly timeoutMs: number
  /** Of each stream; a process that prints more is ended. */
  readonly maxBytes?: number
  /** A file that receives standard output instead of memory. */
  readonly stdoutFile?: string
  readonly signal?: AbortSignal
}

/** What became of a process. */
export interface RunResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
  readonly timedOut: boolean
  /** It printed more than `maxBytes` and was ended for it. */
  readonly tooLarge: boolean
}

/** What tells one installed Barman from another: while it stays the same, so does the catalogue. */
export interface Fingerprint {
  readonly path: string
  readonly mtimeMs: number
  readonly size: number
}

/** A job's process as its wrapper recorded it. */
export interface Identity {
  readonly pid: number
  /** Clock ticks after boot, field 22 of /proc/PID/stat. */
  readonly startTime: string
  readonly bootId: string
}

export interface JobProcess {
  /** The job's folder, seen from the machine on which it runs. */
  readonly folder: string
  readonly argv: readonly string[]
}

/** One machine on which barman runs: one argv in, files or streams out. */
export interface Runner {
  /** Runs `barman ARGV` and collects its output. Throws `barman-unusable` when it cannot be started. */
  run (argv: readonly string[], options: RunOptions): Promise<RunResult>
  /** Starts a job's wrapper, detached, which reads `stdin` in its folder where there is one; resolves when it runs, with a promise of its end as seen by us. */
  start (job: JobProcess): Promise<{ readonly ended: Promise<void> }>
  /** True while the wrapper, barman or anything of their group lives. */
  isAlive (folder: string): Promise<boolean>
  /** Makes sure that the job never begins; false when it has begun already. */
  forbid (folder: string): Promise<boolean>
  /** Signals the job's whole process group; false when there is none any more. */
  kill (folder: string, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<boolean>
  fingerprint (): Promise<Fingerprint>
  /** A file on that machine (`~/` is the account's home); null where it is missing or not ours to read. */
  readFile (path: string): Promise<Buffer | null>
  /** The names in a folder; null likewise. */
  readFolder (path: string): Promise<readonly string[] | null>
}
