import type { CommandHelp } from '../../../schemas/command.ts'
import { optionOf } from './words.ts'

/** A command with its words and options, as people read it. */
export function describe ({ command, aliases, description, required, optional }: CommandHelp): string {
  const positionals = [...required, ...optional].filter(({ positional }) => positional)
  const usage = positionals.map(({ name, type, required: isRequired }) => {
    const word = `${name.toUpperCase()}${type === 'array' ? '...' : ''}`
    return isRequired ? word : `[${word}]`
  })
  const rows = [...positionals, ...optional.filter(({ positional }) => !positional)].map(({ name, positional, type, description }) => {
    const word = positional ? name.toUpperCase() : `${optionOf(name)}${type === 'boolean' ? '' : type === 'boolean or string' ? '[=VALUE]' : '=VALUE'}`
    return `  ${word}\n      ${description.replaceAll(/\s+/g, ' ')}`
  })
  return `Usage: barmanapi run ${[command, ...usage].join(' ')} [OPTION...] [--wait] [--json] [-- OPTION...]

${[description, ...aliases.length > 0 ? [`Also: ${aliases.join(', ')}`] : []].join('\n')}

${rows.join('\n')}

--wait and --json are the client's; behind -- they are Barman's.
`
}
