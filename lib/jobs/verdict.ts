import type { JobRecord } from './record.ts'
import type { Sight } from './sight.ts'
import type { ExitRecord } from './store.ts'

/** What is true of a job that ended. */
export type Verdict = Pick<JobRecord, 'state' | 'reason' | 'result' | 'errors' | 'warnings'>

/** The verdict on a job that said nothing. */
export function silent (state: JobRecord['state'], reason: string | null, errors: string[] = []): Verdict {
  return { state, reason, result: null, errors, warnings: [] }
}

/** The verdict on a job that left no exit code: what we meant, where we signaled it, else that it never began or that nobody knows. */
export function unjudged (sight: Sight, intent: JobRecord['intent']): Verdict {
  if (intent) return silent(intent, null)
  return sight === 'never' ? silent('failed', 'not-started', ['The process could not be started']) : silent('unknown', 'no-exit-record')
}

/** When a process ended: by its own record, which has whole seconds, or as we see it. */
export function endOf (exit: ExitRecord | null): string {
  return new Date(exit ? Math.min(Date.now(), exit.at.getTime() + 999) : Date.now()).toISOString()
}
