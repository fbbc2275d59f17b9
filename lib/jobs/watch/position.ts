import { isFinal, type JobRecord } from '../record.ts'

/** What has been told of a job, in this order; it only grows, so it outlives a restart of the service. */
const SEQ = { nothing: 0, queued: 1, running: 2, stopping: 3, end: 4 } as const

/** How far somebody has followed a job: bytes of each stream, and which of its states he knows. */
export interface Position {
  readonly stdout: number
  readonly stderr: number
  readonly seq: number
}

export const BEGINNING: Position = { stdout: 0, stderr: 0, seq: SEQ.nothing }

/** The position that the `id:` of an event names, `stdoutOffset.stderrOffset.seq`; the schema has seen that it is one. */
export function parsePosition (id: string): Position {
  const [stdout = 0, stderr = 0, seq = 0] = id.split('.').map(Number)
  return { stdout, stderr, seq }
}

export function formatPosition ({ stdout, stderr, seq }: Position): string {
  return `${stdout}.${stderr}.${seq}`
}

/** Which of its states a job is in. */
export function seqOf ({ state, intent }: Pick<JobRecord, 'state' | 'intent'>): number {
  if (isFinal(state)) return SEQ.end
  if (intent) return SEQ.stopping
  return state === 'queued' ? SEQ.queued : SEQ.running
}

/** Nothing will be told after this. */
export function isEnd ({ seq }: Position): boolean {
  return seq === SEQ.end
}
