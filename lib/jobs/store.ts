import type { Readable } from 'node:stream'
import type { JobRecord } from './record.ts'

/** What a job's process left: the exit code it recorded, or that there is none. */
export interface ExitRecord {
  readonly exitCode: number
  /** When, by the clock of the machine it ran on. */
  readonly at: Date
}

/** The end of a job's output as it stands on disk. */
export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly truncated: boolean
}

/** Where jobs are kept. One interface, so that another kind of store can stand behind it. */
export interface JobStore {
  /** Records a new job; once this resolves, a crash does not lose it. */
  create (record: JobRecord): Promise<void>
  /** Keeps what the job's process will read, whole and fsynced, or fails where the stream breaks off. */
  saveInput (ticket: string, input: Readable): Promise<void>
  /** Forgets it again, once nothing will read it. */
  dropInput (ticket: string): Promise<void>
  /** Replaces a record as a whole. */
  save (record: JobRecord): Promise<void>
  get (ticket: string): Promise<JobRecord | undefined>
  /** The tickets of a month (`YYYYMM`), newest first. */
  tickets (month: string): Promise<readonly string[]>
  months (): Promise<readonly string[]>
  /** The folder in which the job's process runs and writes. */
  folder (ticket: string): string
  exit (ticket: string): Promise<ExitRecord | null>
  /** At most `maxBytes` from the end of each stream. */
  output (ticket: string, maxBytes: number): Promise<Output>
}
