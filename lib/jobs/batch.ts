import type { JobState } from '../../schemas/job.ts'
import { isFinal, type JobRecord } from './record.ts'

/** The worst comes first: what a batch is called when its jobs have ended differently. */
const SEVERITY: readonly JobState[] = ['unknown', 'failed', 'timed_out', 'canceled', 'succeeded']

/** What is derived of jobs: state and times. */
export type Course = Pick<JobRecord, 'state' | 'startedAt' | 'finishedAt'>

/** A job whose record is lost. */
export const LOST: Course = { state: 'unknown', startedAt: null, finishedAt: null }

/** State and times of a batch, derived from its jobs; one without any has done nothing. */
export function deriveBatch (jobs: readonly Course[]): Course {
  const states = new Set(jobs.map(({ state }) => state))
  const startedAt = jobs.map((job) => job.startedAt).filter((at) => at !== null).sort()[0] ?? null
  if (!jobs.every(({ state }) => isFinal(state))) return { state: startedAt ? 'running' : 'queued', startedAt, finishedAt: null }
  const finishedAt = jobs.map((job) => job.finishedAt).filter((at) => at !== null).sort().at(-1) ?? null
  return { state: SEVERITY.find((state) => states.has(state)) ?? 'failed', startedAt, finishedAt }
}
