/** One event as a client of server-sent events reads it. */
export interface SentEvent {
  readonly event: string
  readonly id: string
  /** What `data` holds; the tests know its shape. */
  readonly data: { readonly stream?: string, readonly offset?: number, readonly nextOffset?: number, readonly text?: string, readonly state?: string, readonly ok?: boolean | null, readonly progress?: unknown, readonly percent?: number | null }
}

/** The events of a text; comments and `retry` are none. */
export function parseEvents (text: string): SentEvent[] {
  return text.split('\n\n').flatMap((block) => {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])) // name and value
    const { event, id, data } = fields
    return event === undefined || id === undefined || data === undefined ? [] : [{ event, id, data: JSON.parse(data) as SentEvent['data'] }]
  })
}

/** What a stream's events say was printed. */
export function textOf (events: readonly SentEvent[], stream = 'stdout'): string {
  return events.filter(({ event, data }) => event === 'output' && data.stream === stream).map(({ data }) => data.text).join('')
}
