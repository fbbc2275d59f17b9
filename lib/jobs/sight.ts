import type { Runner } from '../runner/runner.ts'
import type { JobStore } from './store.ts'

/** A job as its folder and its processes show it: `never` has not begun and cannot any more, `gone` left no exit record. */
export type Sight = 'running' | 'ended' | 'never' | 'gone'

/** Looks whether a job that was to start runs. One that has not begun by now never will. */
export async function look (store: JobStore, runner: Runner, ticket: string): Promise<Sight> {
  const folder = store.folder(ticket)
  if (await store.exit(ticket)) return 'ended'
  if (await runner.isAlive(folder)) return 'running'
  if (await runner.forbid(folder)) return 'never'
  if (await runner.isAlive(folder)) return 'running' // it began while we looked
  return await store.exit(ticket) ? 'ended' : 'gone'
}

/** Signals whatever runs of a job, and makes sure that nothing begins where nothing does. */
export async function signal (runner: Runner, folder: string, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await runner.kill(folder, signal) || await runner.forbid(folder) || await runner.kill(folder, signal) // the last: it began in between
}
