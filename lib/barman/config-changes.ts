import { isUnprintable } from './text.ts'

const KEY = /^[a-z][a-z0-9_]{0,99}$/
/** Sections that are no server: `[barman]` in the file that Barman writes stops every later command. */
const RESERVED_SECTIONS: ReadonlySet<string> = new Set(['', 'all', 'barman', 'DEFAULT'])

/**
 * What is wrong with the argument of `config-update`, or `null`. Barman writes values unchecked: a line break adds
 * lines to its file, and a `%` stops every later command.
 */
export function configChangesFault (value: string): string | null {
  const changes = parse(value)
  if (!Array.isArray(changes)) return 'must be a JSON array of changes'
  for (const [index, change] of changes.entries()) {
    const fault = changeFault(change)
    if (fault !== null) return `has a fault in change ${index}: ${fault}`
  }
  return null
}

function parse (value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined // no JSON, and so no array
  }
}

function changeFault (change: unknown): string | null {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return 'it is not an object'
  const { scope, ...rest } = change as Record<string, unknown> // an object that is no array has string keys
  if (scope !== 'server' && scope !== 'model') return 'scope must be "server" or "model"'
  const { [`${scope}_name`]: name, ...options } = rest
  if (typeof name !== 'string' || !isSection(name)) return `${scope}_name must be the name of a ${scope}`
  return Object.entries(options).map(optionFault).find(fault => fault !== null) ?? null
}

function isSection (name: string): boolean {
  return !RESERVED_SECTIONS.has(name) && name.length <= 255 && !name.includes(']') && !isUnprintable(name)
}

function optionFault ([key, value]: [string, unknown]): string | null {
  if (!KEY.test(key)) return 'an option has lower-case letters, digits and _ only'
  if (typeof value !== 'string') {
    return typeof value === 'number' || typeof value === 'boolean' ? null : `${key} must be text, a number, true or false`
  }
  return isUnprintable(value) || value.includes('%') ? `${key} may hold neither control characters nor %` : null
}
