/** What one host's Barman offers: plain data, as its own help describes it. */

export type Nargs = null | '?' | '+' | '*'
export type Arity = 'flag' | 'value' | 'optional'

export interface Positional {
  readonly name: string
  /** As argparse writes it; `null` for exactly one. */
  readonly nargs: Nargs
  readonly choices: readonly string[] | null
  readonly description: string
}

export interface Option {
  /** Every spelling, in the order of the help: `['--jobs', '-j']`. */
  readonly names: readonly string[]
  readonly arity: Arity
  /** The placeholder that the help prints for the value; `null` for flags and where choices stand in its place. */
  readonly metavar: string | null
  readonly choices: readonly string[] | null
  readonly description: string
}

export interface Command {
  readonly name: string
  readonly aliases: readonly string[]
  readonly description: string
  readonly positionals: readonly Positional[]
  /** Without `--help`. */
  readonly options: readonly Option[]
}

export interface Catalogue {
  /** As `barman --version` says it: `3.20.1`. */
  readonly version: string
  /** Options that stand before the command, without `--help` and `--version`. */
  readonly globalOptions: readonly Option[]
  readonly commands: readonly Command[]
}
