#!/usr/bin/env node
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { ConfigError, DEFAULT_FILE, loadConfig } from './lib/config/load.ts'
import type { Config } from './lib/config/schema.ts'
import { AppError, StartError } from './lib/errors.ts'
import * as commands from './lib/cli/commands.ts'
import { type ClientWordName, isClientWord } from './lib/cli/client/help.ts'
import { EXIT } from './lib/cli/client/exits.ts'
import { askPassword, readAll } from './lib/cli/terminal.ts'
import { VERSION } from './lib/version.ts'

const HELP = `barmanapi: Barman, the backup and recovery manager for PostgreSQL, as a REST API

Usage: barmanapi COMMAND [OPTION...]

  runserver                serve until SIGINT or SIGTERM; prints one JSON line with the address when it listens
  init                     make the store, its secrets, and a first user with a random password
  user add NAME            make a user
  user passwd NAME         change a password; ends the user's tokens
  user list                print the users and their rights, as JSON
  user delete NAME         remove a user
  catalogue                print the commands of the installed Barman, as JSON

  run, jobs, logs, cancel  call a service as a client; see barmanapi run --help

Options:
  --config FILE            barmanapi.conf (default: ${DEFAULT_FILE}, which may be missing)
  --password-stdin         user add, user passwd: read the password from standard input instead of a terminal
  --access LIST, --deny LIST, --scopes LIST, --servers LIST
                           user add: rights, separated by commas (default: all but the scope exec)
  --user NAME              init: the name of the first user (default: admin)
  --barman PATH            catalogue: the program to ask (default: [barman] command)
  --help, --version

Exit codes: 0 done, 1 it failed, 2 it was called wrongly.
`

const OPTIONS = {
  config: { type: 'string' },
  'password-stdin': { type: 'boolean' },
  access: { type: 'string' },
  deny: { type: 'string' },
  scopes: { type: 'string' },
  servers: { type: 'string' },
  user: { type: 'string' },
  barman: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' }
} as const satisfies ParseArgsConfig['options']

type Options = ReturnType<typeof parse>['values']

/** Which options a command takes beside --config, and how many names. */
const COMMANDS: Readonly<Record<string, { readonly options?: ReadonlyArray<keyof Options>, readonly names?: 1, readonly run: (options: Options, name: string) => Promise<string | undefined> }>> = {
  runserver: { run: async (options) => runServer(configOf(options)) },
  init: { options: ['user'], run: async (options) => commands.init(configOf(options), options.user ?? 'admin') },
  'user add': {
    options: ['password-stdin', 'access', 'deny', 'scopes', 'servers'],
    names: 1,
    run: async (options, name) => commands.addUser(configOf(options), name, options, await passwordFor(name, options))
  },
  'user passwd': { options: ['password-stdin'], names: 1, run: async (options, name) => commands.changePassword(configOf(options), name, await passwordFor(name, options)) },
  'user list': { run: async (options) => commands.listUsers(configOf(options)) },
  'user delete': { names: 1, run: async (options, name) => commands.deleteUser(configOf(options), name) },
  catalogue: { options: ['barman'], run: async (options) => commands.catalogue(configOf(options), process.env, options.barman) }
}

/** Loaded only here: the other commands are three times as fast without it. */
async function runServer (config: Config): Promise<undefined> {
  const server = await import('./server.ts')
  await server.runServer(config)
}

async function runClient (word: ClientWordName): Promise<undefined> {
  const client = await import('./lib/cli/client/main.ts')
  process.exitCode = await client.runClient(word, laterWords, process)
}

class UsageError extends Error {}

const [, , firstWord, ...laterWords] = process.argv
const readerGone = isClientWord(firstWord) ? EXIT.readerGone : 0 // whoever read us has seen enough; but of a job that is no end

process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? readerGone : 1))

main().then((output) => { if (output !== undefined) process.stdout.write(output) }, (error: unknown) => {
  process.stderr.write(`barmanapi: ${explain(error)}\n`)
  process.exit(error instanceof UsageError ? 2 : 1)
})

async function main (): Promise<string | undefined> {
  if (isClientWord(firstWord)) return runClient(firstWord)
  const { values, positionals } = parse()
  if (values.help || positionals[0] === 'help') return HELP
  if (values.version) return `${VERSION}\n`
  const word = positionals[0] === 'user' ? positionals.slice(0, 2).join(' ') : positionals[0]
  if (word === undefined) throw new UsageError(`no command given\n\n${HELP}`)
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (!command) throw new UsageError(`there is no command \`${word}\`; see barmanapi --help`)
  const names = positionals.slice(word.split(' ').length)
  if (names.length !== (command.names ?? 0)) throw new UsageError(`\`${word}\` takes ${command.names ? 'one NAME' : 'no further words'}`)
  const foreign = Object.keys(values).find((option) => option !== 'config' && !command.options?.includes(option as keyof Options))
  if (foreign) throw new UsageError(`\`${word}\` takes no --${foreign}`)
  return command.run(values, names[0] ?? '')
}

function parse () {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message) // parseArgs throws nothing else
  }
}

function configOf ({ config }: Options): Config {
  return loadConfig({ file: config ?? DEFAULT_FILE, optional: config === undefined, env: process.env })
}

async function passwordFor (name: string, options: Options): Promise<string> {
  if (options['password-stdin']) return (await readAll(process.stdin)).replace(/\r?\n$/, '')
  if (!process.stdin.isTTY) throw new UsageError('there is no terminal to ask for the password: use --password-stdin')
  return askPassword(name, process.stdin, process.stderr)
}

function explain (error: unknown): string {
  if (error instanceof AppError) return [error.message, ...(error.extras.errors ?? []).map(({ pointer, detail }) => `  ${pointer.slice(1)}: ${detail}`)].join('\n')
  if (error instanceof ConfigError || error instanceof StartError || error instanceof UsageError) return error.message
  return error instanceof Error ? error.stack ?? error.message : String(error)
}
