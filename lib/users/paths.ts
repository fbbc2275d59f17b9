/** A path or entry in whole segments, lower case; slashes in front, behind and doubled do not count. */
export type Segments = readonly string[]

/** Reads a path or entry. */
export function segmentsOf (path: string): Segments {
  return path.toLowerCase().split('/').filter((segment) => segment !== '')
}

/** The path without `hosts/NAME`. */
export function restOf (path: Segments): Segments {
  return path[0] === 'hosts' ? path.slice(2) : path
}

/** The host a path is limited to; null for every host, or for what belongs to none. */
export function hostOf (path: Segments): string | null {
  return path[0] === 'hosts' ? path[1] ?? null : null
}

/** True if the entry opens (or closes) the path: as its beginning, or as the beginning of what stands behind `hosts/NAME`. */
export function covers (entry: Segments, path: Segments): boolean {
  return begins(entry, path) || begins(entry, restOf(path))
}

/** True unless no call can be meant by both. */
export function overlap (one: Segments, other: Segments): boolean {
  const [oneHost, otherHost] = [hostOf(one), hostOf(other)]
  if (oneHost !== null && otherHost !== null && oneHost !== otherHost) return false
  const [oneRest, otherRest] = [restOf(one), restOf(other)]
  return begins(oneRest, otherRest) || begins(otherRest, oneRest)
}

/** True if the path is the start or goes on from it. */
export function begins (start: Segments, path: Segments): boolean {
  return start.every((segment, index) => segment === path[index])
}
