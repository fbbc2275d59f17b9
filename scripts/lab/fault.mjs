/** A failure that was foreseen: its message is one clear sentence for a person, and no stack is shown. */
export class Fault extends Error {
  name = 'Fault'
}

/** What a person should read of an error: the sentence of a Fault, the whole stack of a bug. */
export const tell = (error) => error instanceof Fault ? error.message : error?.stack ?? String(error)
