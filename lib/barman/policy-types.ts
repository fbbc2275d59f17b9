import type { ValueType } from './values.ts'

/** What a command does to a backup estate, the mildest first. Each needs the scope of its name. */
export const CLASSES = ['read', 'operate', 'restore', 'config', 'destroy'] as const
export type CommandClass = typeof CLASSES[number]

/** A right that a call may need: its class, and `exec` for what runs, reads or writes where the caller says. */
export type NeededScope = CommandClass | 'exec'

export type Format = 'json' | 'console' | 'bytes'

/** `always` and `never` a job whatever was asked; `asked` follows the configuration and the request. */
export type JobKind = 'always' | 'never' | 'asked'

/** What is known about one option or positional beyond its help. */
export interface ParameterPolicy {
  /** `text` where absent. */
  readonly type?: ValueType | 'integer'
  readonly minimum?: number
  readonly maximum?: number
  /** The choices of a value that the help names in prose only. */
  readonly choices?: readonly string[]
  /** The option may be given several times: help never says so. */
  readonly repeat?: true
  /** The value is run, or names what is read or written: needs `exec`. */
  readonly exec?: true
  /** Never offered. */
  readonly hidden?: true
  /** Takes the place of the command's class when present; of several the strictest. */
  readonly class?: CommandClass
  /** Needed beside the command's class when present. */
  readonly adds?: CommandClass
  readonly format?: Format
  readonly job?: JobKind
  /** With this option the command reads no standard input. */
  readonly stdin?: 'none'
  /** What a named target of the local configuration gives in the caller's place. */
  readonly target?: 'directory' | 'sshCommand'
}

/** What is known about one command beyond its help: one row of the policy table. */
export interface CommandPolicy {
  /** Every name the command has had in any version. */
  readonly names: readonly string[]
  /** One sentence for people. */
  readonly summary: string
  readonly class: CommandClass
  readonly format: Format
  readonly duration: 'short' | 'minutes' | 'hours'
  /** A job even where the configuration does not list it. */
  readonly long?: true
  readonly job?: JobKind
  /** Commands of one lane exclude each other per server. */
  readonly lane?: 'change'
  /** Reads one backup for long: a delete waits for it. */
  readonly holds?: 'backup'
  readonly stdin?: 'tar'
  /** By parameter name, options and positionals alike. */
  readonly parameters: Readonly<Record<string, ParameterPolicy>>
}

/** The stricter of two classes. */
export function stricter (a: CommandClass, b: CommandClass): CommandClass {
  return isStricter(b, a) ? b : a
}

/** Whether the first class is above the second. */
export function isStricter (a: CommandClass, b: CommandClass): boolean {
  return CLASSES.indexOf(a) > CLASSES.indexOf(b)
}
