import { parseArgs } from 'node:util'
import { Fault } from './fault.mjs'

/**
 * The command line of a script; `--help` prints the text and ends, what is not understood is a Fault with the text.
 * @param {string} help
 * @param {import('node:util').ParseArgsConfig['options']} options
 * @param {boolean} [allowPositionals]
 */
export function readCommandLine (help, options, allowPositionals = false) {
  try {
    const { values, positionals } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals })
    if (!values.help) return { values, positionals }
  } catch (error) {
    throw new Fault(`${error.message}\n\n${help}`.trimEnd(), { cause: error })
  }
  process.stdout.write(help)
  process.exit(0)
}
