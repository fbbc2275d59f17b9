import type { Nargs } from './catalogue.ts'

/** A positional as the usage line shows it: here alone stands how often it may come. */
export interface UsagePositional { readonly word: string, readonly nargs: Nargs }

export interface Usage {
  /** The program's words before the first argument: `['barman', 'backup']`. */
  readonly program: readonly string[]
  readonly positionals: readonly UsagePositional[]
}

/**
 * Reads a usage line as Python 2.7 to 3.14 print it; `valued` names the options that take a word with them where they stand bare (required ones).
 * `X` is exactly one, `[X]` `?`, `X [X ...]` `+`, `[X ...]` and, up to Python 3.8, `[X [X ...]]` `*`.
 */
export function parseUsage (usage: string, valued: ReadonlySet<string>): Usage {
  const words = splitOutside(usage, ' ').filter((word) => word !== '')
  const first = words.findIndex((word) => '[({-'.includes(word.charAt(0)))
  const program = first === -1 ? words : words.slice(0, first)
  return { program, positionals: readPositionals(words.slice(program.length), valued) }
}

function readPositionals (words: readonly string[], valued: ReadonlySet<string>): UsagePositional[] {
  const positionals: UsagePositional[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const isRepeated = repeatedWord(words[index + 1] ?? '') === word
    if (word.startsWith('-')) {
      if (valued.has(word)) index += repeatedWord(words[index + 2] ?? '') === words[index + 1] ? 2 : 1
    } else if (!/^(\[-|\(|\.\.\.|\|)/.test(word)) {
      positionals.push(readPositional(word, isRepeated))
      if (isRepeated) index++
    }
  }
  return positionals
}

function readPositional (word: string, isRepeated: boolean): UsagePositional {
  if (isRepeated) return { word, nargs: '+' }
  const repeated = repeatedWord(word)
  if (repeated !== null) return { word: repeated, nargs: '*' }
  return word.startsWith('[') ? { word: inner(word), nargs: '?' } : { word, nargs: null }
}

/** The `X` of `[X ...]` and `[X [X ...]]`. */
function repeatedWord (word: string): string | null {
  if (!word.startsWith('[') || !/\.\.\.\]+$/.test(word.slice(-8))) return null
  return splitOutside(inner(word), ' ')[0] ?? null
}

function inner (word: string): string {
  return word.slice(1, word.endsWith(']') ? -1 : undefined).trim()
}

/** Splits at a separator that stands outside all brackets and braces. One pass, whatever the text. */
export function splitOutside (text: string, separator: ',' | ' '): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if ('[{('.includes(character)) depth++
    else if (']})'.includes(character)) depth = Math.max(0, depth - 1)
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}
