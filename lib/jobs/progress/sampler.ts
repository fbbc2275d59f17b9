import { setTimeout as delay } from 'node:timers/promises'
import type { Progress } from '../../../schemas/job.ts'
import type { JobRecord } from '../record.ts'
import type { JobStore, Stream } from '../store.ts'
import { backupFolder, bytesBelow, lastBackupBytes } from './backup-folder.ts'
import { progressOfBytes, progressOfSteps, readSteps, type Steps } from './progress.ts'

/** How far a job has come; null where nothing honest can be said. Never throws for what a job's files lack. */
export type ProgressOf = (record: JobRecord) => Promise<Progress | null>

const FRESH_MS = 3_000 // what was counted is told again for so long
const REST = 10 // a count that takes a second is followed by ten seconds of rest
const WALK_MS = 60_000 // of a folder so large that its size is not worth knowing
const PATIENCE_MS = 300 // of whoever asks, until the count goes on without him
const HEAD_BYTES = 16 * 1024 // of the output: where the backup goes is said first
const STEP_BYTES = 256 * 1024 // of the lines that are read at once

/** What is known of one job that runs. */
interface Sample {
  freshUntil: number
  work: Promise<void> | null
  steps: Steps | null
  offset: number
  folder: string | null
  lastBytes: number | null
  bytes: number | null
  /** When the bytes were counted, in milliseconds after the job's start. */
  countedMs: number
}

/** Counts how far jobs have come, each at most every few seconds, whoever asks. */
export class Sampler {
  readonly #store: Pick<JobStore, 'slice'>
  readonly #isLocal: (host: string) => boolean
  readonly #samples = new WeakMap<JobRecord, Sample>() // a job that runs has one record, which goes when it ends

  /** `isLocal` tells whether the folders of a host's backups are this machine's. */
  constructor (store: Pick<JobStore, 'slice'>, isLocal: (host: string) => boolean) {
    this.#store = store
    this.#isLocal = isLocal
  }

  /** The progress of a job that runs; null where there is nothing to tell it by. */
  async progressOf (record: JobRecord): Promise<Progress | null> {
    if (record.state !== 'running' || record.kind === 'batch') return null
    const sample = this.#samples.get(record) ?? newSample()
    this.#samples.set(record, sample)
    if (!sample.work && performance.now() >= sample.freshUntil) this.#begin(record, sample)
    if (sample.work) await Promise.race([sample.work, delay(PATIENCE_MS, undefined, { ref: false })])
    const { steps, bytes, lastBytes, countedMs } = sample
    if (steps) return progressOfSteps(steps)
    return lastBytes === null ? null : progressOfBytes(bytes, lastBytes, countedMs)
  }

  #begin (record: JobRecord, sample: Sample): void {
    const started = performance.now()
    sample.work = this.#take(record, sample).catch(() => {}).then(() => { // what cannot be read tells nothing
      const now = performance.now()
      sample.work = null
      sample.freshUntil = now + Math.max(FRESH_MS, REST * (now - started))
    })
  }

  async #take (record: JobRecord, sample: Sample): Promise<void> {
    await this.#readSteps(record, sample)
    if (sample.steps || !record.names.includes('backup') || !this.#isLocal(record.host)) return
    sample.folder ??= backupFolder((await this.#read(record, 'stdout', 0, HEAD_BYTES)).toString())
    if (sample.folder === null) return
    sample.lastBytes ??= isWhole(record) ? await lastBackupBytes(sample.folder) : null
    if (sample.lastBytes === null) return
    const bytes = await bytesBelow(sample.folder, WALK_MS)
    sample.bytes = bytes
    sample.countedMs = Date.now() - Date.parse(record.startedAt ?? record.createdAt)
  }

  /** Barman tells its steps on standard error where it has no `log_file`. */
  async #readSteps (record: JobRecord, sample: Sample): Promise<void> {
    const text = (await this.#read(record, 'stderr', sample.offset, STEP_BYTES)).toString('latin1') // one character a byte: steps are ASCII
    const lines = text.length === STEP_BYTES ? text : text.slice(0, text.lastIndexOf('\n') + 1) // one that is being written waits for its end
    sample.steps = readSteps(sample.steps, lines)
    sample.offset += lines.length
  }

  async #read ({ ticket }: JobRecord, stream: Stream, from: number, maxBytes: number): Promise<Buffer> {
    return (await this.#store.slice(ticket, stream, from, maxBytes)).bytes
  }
}

/** A backup of what changed only has no last one to be measured by. */
function isWhole ({ parameters }: JobRecord): boolean {
  return parameters['incremental'] === undefined
}

function newSample (): Sample {
  return { freshUntil: 0, work: null, steps: null, offset: 0, folder: null, lastBytes: null, bytes: null, countedMs: 0 }
}
