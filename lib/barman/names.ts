import type { Option } from './catalogue.ts'

/** Two spellings are one name when they differ only in case, `-` and `_`: `SERVERNAME`, `serverName` and `server-name`. */
export function normalize (name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

/** `--remote-ssh-command` as `remote_ssh_command`. */
export function snakeCase (name: string): string {
  return name.replace(/^-+/, '').replaceAll('-', '_').toLowerCase()
}

/** The long spellings of an option, the longest first: the only ones that Barman never reads as an abbreviation. */
export function longNames (option: Option): readonly string[] {
  return option.names.filter(name => name.startsWith('--')).sort((a, b) => b.length - a.length)
}

/** The name of the parameter that an option becomes, or `null` where it has no long spelling and cannot be offered. */
export function optionName (option: Option): string | null {
  const [longest] = longNames(option)
  return longest === undefined ? null : snakeCase(longest)
}
