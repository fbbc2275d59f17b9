/** `Promise.all` with so many at work at a time. After a failure nothing more begins, and it is thrown when all have ended. */
export async function mapBounded<T, R> (items: readonly T[], concurrency: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries() // shared: each worker takes the next one
  let isFailed = false
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (isFailed) return
      results[index] = await work(item).catch((error: unknown) => { isFailed = true; throw error })
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.max(1, concurrency) }, worker))
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  return results
}
