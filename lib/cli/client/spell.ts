/** A duration for people, in its two largest units: `3 min 20 s`. */
export function spell (ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min${tail(seconds % 60, 's')}`
  return `${Math.floor(minutes / 60)} h${tail(minutes % 60, 'min')}`
}

function tail (count: number, unit: string): string {
  return count === 0 ? '' : ` ${count} ${unit}`
}
