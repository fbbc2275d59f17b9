import type { JobOutput } from '../../../schemas/history.ts'
import type { Job } from '../../../schemas/job.ts'
import type { Screen } from './screen.ts'
import type { Service } from './service.ts'
import { statusOf } from './status.ts'

const LONGEST_WAIT_S = 5 // a quiet job is asked this often

/** How a job's streams are shown: each where it belongs, or both beside the document on standard error. */
export interface FollowOptions {
  readonly service: Service
  readonly screen: Screen
  readonly isJson?: boolean
}

/**
 * Shows what a job prints from its first byte until it has ended, and returns it. Each page is asked for
 * by its offset, so that neither a dropped connection nor a restart of the service loses or repeats anything.
 */
export async function follow (ticket: string, options: FollowOptions): Promise<Job> {
  const streams = streamsOf(ticket, options)
  for (let waitS = 0; ;) {
    const job = await options.service.get<Job>(`history/${ticket}?wait=${waitS}`)
    if (job.kind === 'batch') return followBatch(job, options)
    options.screen.status(statusOf(job))
    const hasGrown = await pull(streams)
    if (job.ok !== null) return job
    waitS = hasGrown ? 1 : Math.min(waitS + 1, LONGEST_WAIT_S)
  }
}

/** Shows what a job printed so far. */
export async function show (ticket: string, options: FollowOptions): Promise<void> {
  await pull(streamsOf(ticket, options))
}

/** One server after the other: nothing is lost, for every job keeps what it printed. */
async function followBatch ({ ticket, jobs }: Job, options: FollowOptions): Promise<Job> {
  for (const each of jobs ?? []) {
    options.screen.say(`Job ${each} of ${ticket}`)
    await follow(each, options)
  }
  for (;;) {
    const job = await options.service.get<Job>(`history/${ticket}?wait=${LONGEST_WAIT_S}`)
    if (job.ok !== null) return job
  }
}

type Pull = () => Promise<boolean>

function streamsOf (ticket: string, { service, screen, isJson = false }: FollowOptions): readonly Pull[] {
  return (['stdout', 'stderr'] as const).map((stream) => {
    let offset = 0
    return async () => {
      const from = offset
      for (;;) {
        const page = await service.get<JobOutput>(`history/${ticket}/output?stream=${stream}&offset=${offset}`)
        await screen.write(isJson ? 'stderr' : stream, page.text)
        const isEnd = page.isComplete || page.nextOffset === offset
        offset = page.nextOffset
        if (isEnd) return offset > from
      }
    }
  })
}

/** Whether there was anything new. */
async function pull (streams: readonly Pull[]): Promise<boolean> {
  let hasGrown = false
  for (const next of streams) hasGrown = await next() || hasGrown
  return hasGrown
}
