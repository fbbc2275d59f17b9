import type { Progress } from '../../../schemas/job.ts'

const STEP = /\bCopy step (\d{1,6}) of (\d{1,6}): /g
const MAX_ETA_S = 31_536_000 // a year: nothing that far off is a forecast

/** Barman's own steps as far as it has told them. */
export interface Steps {
  readonly seen: ReadonlySet<number>
  readonly total: number
}

/** The steps that further lines tell of, beside those known; null while there are none. Barman begins some out of their order. */
export function readSteps (known: Steps | null, lines: string): Steps | null {
  const told = [...lines.matchAll(STEP)].map(([, step, total]) => ({ step: Number(step), total: Number(total) }))
  const total = told.at(-1)?.total ?? known?.total
  return total === undefined ? null : { seen: new Set([...known?.seen ?? [], ...told.map(({ step }) => step)]), total }
}

/** Progress by steps: of those that have begun all but one are done. How long a step takes nobody knows, so there is no time to go. */
export function progressOfSteps ({ seen, total }: Steps): Progress {
  return { percent: percentOf(seen.size - 1, total), basis: 'copy-steps', estimated: false, etaSeconds: null }
}

/** Progress by bytes, null while they are not counted, of those that the last backup has. */
export function progressOfBytes (bytes: number | null, lastBytes: number, elapsedMs: number): Progress {
  const left = bytes === null || bytes === 0 ? null : (lastBytes - bytes) / bytes * elapsedMs / 1000
  return {
    percent: bytes === null ? null : percentOf(bytes, lastBytes),
    basis: 'bytes-of-last-backup',
    estimated: true,
    etaSeconds: left === null || left <= 0 || left > MAX_ETA_S ? null : Math.round(left)
  }
}

/** Never 100: only the exit of barman is the end. */
function percentOf (part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(99, Math.max(0, Math.floor(100 * part / whole)))
}
