import type { JobSummary } from '../../../schemas/job.ts'
import { spell } from './spell.ts'

/** How far a job is, where the service can tell. */
interface Progress {
  readonly percent: number | null
  readonly estimated?: boolean
  readonly etaSeconds?: number | null
}

/** How a job stands, in one line: `backup main: running, 3 min 20 s, about 40 %, 5 min left`. */
export function statusOf (job: JobSummary, now = Date.now()): string {
  const { startedAt, createdAt, state } = job
  return [`${titleOf(job)}: ${state}`, spell(Math.max(0, now - Date.parse(startedAt ?? createdAt))), ...progressOf(job)].join(', ')
}

/** How a job ended, in one line. */
export function endOf (job: JobSummary): string {
  const { state, reason, exitCode, durationMs } = job
  const why = reason === null ? '' : ` (${reason})`
  const code = state === 'succeeded' || exitCode === null ? '' : `, barman exited ${exitCode}`
  return `${titleOf(job)}: ${state}${why}${durationMs === null ? '' : ` in ${spell(durationMs)}`}${code}`
}

function titleOf ({ command, servers }: JobSummary): string {
  return [command, ...servers].join(' ')
}

function progressOf (job: JobSummary): string[] {
  const { progress } = job as { readonly progress?: Progress | null } // a service without it leaves it out
  if (!progress || progress.percent === null) return []
  const about = progress.estimated ? 'about ' : ''
  return [`${about}${Math.floor(progress.percent)} %`, ...progress.etaSeconds == null ? [] : [`${spell(progress.etaSeconds * 1000)} left`]]
}
