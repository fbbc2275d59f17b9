import type { Readable } from 'node:stream'
import type { JobRecord } from './record.ts'

/** What a job's process left: the exit code it recorded, or that there is none. */
export interface ExitRecord {
  readonly exitCode: number
  /** When, by the clock of the machine it ran on. */
  readonly at: Date
}

/** What a process prints to. */
export type Stream = 'stdout' | 'stderr'

/** The end of a job's output as it stands on disk. */
export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly truncated: boolean
}

/** Where jobs are kept. One interface, so that another kind of store can stand behind it. */
export interface JobStore {
  /**
   * Records a new job; once this resolves, a crash does not lose it. What its process will read is kept first, whole and fsynced:
   * where the stream breaks off this fails, and no record was made.
   */
  create (record: JobRecord, input?: Readable): Promise<void>
  /** Forgets what the job's process was to read, once nothing will. */
  dropInput (ticket: string): Promise<void>
  /** Replaces a record as a whole. */
  save (record: JobRecord): Promise<void>
  /** Undefined where there is none, or none that we can read as ours. */
  get (ticket: string): Promise<JobRecord | undefined>
  /** The tickets of a month (`YYYYMM`), newest first. */
  tickets (month: string): Promise<readonly string[]>
  months (): Promise<readonly string[]>
  /** The newest ticket that was made with this key; undefined where there is none (any more). */
  byKey (key: string): Promise<string | undefined>
  /** The folder in which the job's process runs and writes. */
  folder (ticket: string): string
  exit (ticket: string): Promise<ExitRecord | null>
  /** Bytes of a stream from `from` on, at most `maxBytes`, and how long the stream is by now. */
  slice (ticket: string, stream: Stream, from: number, maxBytes: number): Promise<{ readonly bytes: Buffer, readonly size: number }>
  /** At most `maxBytes` from the end of each stream. */
  output (ticket: string, maxBytes: number): Promise<Output>
}
