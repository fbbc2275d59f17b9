import { join } from 'node:path'
import type { BaseLogger } from 'pino'
import { AppError, StartError } from '../errors.ts'
import { Gate } from '../runner/gate.ts'
import type { Warm } from '../runner/warm/warm.ts'
import type { Fingerprint, Runner, RunOptions, RunResult } from '../runner/runner.ts'
import { argv } from './argv.ts'
import { loadCatalogue, saveCatalogue } from './catalogue-cache.ts'
import { closest } from './closest.ts'
import { type CompiledCatalogue, type CompiledCommand, compileCatalogue } from './compile.ts'
import { askVersion, discover } from './discover.ts'
import { normalize } from './names.ts'
import { formatOf } from './needs.ts'
import type { Values } from './parameters.ts'
import type { PolicyOverrides } from './policy-overrides.ts'

const HELP_TIMEOUT_MS = 20_000
const HELP_BYTES = 256 * 1024
const LIST_TIMEOUT_MS = 20_000
const RETRY_MS = 10_000 // of a Barman that changed and could not be read, as in the midst of an upgrade
const ASK_AGAIN_MS = 1_000 // a name that is not listed makes us ask again, but not sooner after the last time

export interface HostOptions {
  readonly name: string
  readonly runner: Runner
  /** For `barman --config`; empty where Barman searches by itself. */
  readonly configFile: string
  /** Folder of the catalogue cache. */
  readonly cacheFolder: string
  /** Folder of spooled output. */
  readonly garbage: string
  readonly overrides: PolicyOverrides
  readonly cores: number
  /** Answers reads without the start of a process, where it can. */
  readonly warm?: Pick<Warm, 'call'> | undefined
  readonly log: Pick<BaseLogger, 'info' | 'warn'>
}

interface Known {
  readonly compiled: CompiledCatalogue
  readonly fingerprint: Fingerprint
}

/** One machine's Barman: what it offers, which servers it knows, and the bounded way to run it. */
export class Host {
  readonly name: string
  readonly runner: Runner
  readonly configFile: string
  readonly garbage: string
  readonly #options: HostOptions
  readonly #gate: Gate
  #known: Known | null = null
  #retryAt = 0
  #reloading: Promise<CompiledCatalogue> | null = null
  #servers: readonly string[] | null = null
  #listing: Promise<unknown> | null = null

  constructor (options: HostOptions) {
    this.name = options.name
    this.runner = options.runner
    this.configFile = options.configFile
    this.garbage = options.garbage
    this.#options = options
    this.#gate = new Gate({ cores: options.cores })
  }

  /** The catalogue as last read, or throws `barman-unusable` where none could be read yet. */
  get catalogue (): CompiledCatalogue {
    if (!this.#known) throw new AppError('barman-unusable', `Barman on ${this.name} could not be asked for its commands yet`, { retryAfterS: 10 })
    return this.#known.compiled
  }

  /** The catalogue of the Barman that is installed now: read again when the program changed, from the cache where that is of the same one. */
  async current (): Promise<CompiledCatalogue> {
    const known = this.#known
    if (!known) return this.#load(true)
    if (Date.now() < this.#retryAt || isSame(known.fingerprint, await this.runner.fingerprint())) return known.compiled
    return this.#load(true).catch((err: unknown) => {
      this.#options.log.warn({ err, host: this.name }, 'barman changed and cannot be read yet: the old catalogue stays')
      this.#retryAt = Date.now() + RETRY_MS
      return known.compiled
    })
  }

  /** Asks Barman again, whatever the cache says. Until all is compiled, and if anything fails, the old catalogue stays. */
  reload (): Promise<CompiledCatalogue> {
    this.#servers = null
    return this.#load(false)
  }

  /** The command of that name or alias, in any spelling; or throws `unknown-command` with the closest one. */
  async command (name: string): Promise<CompiledCommand> {
    const { commands } = await this.current()
    const found = /^[a-z]/i.test(name) ? commands.get(normalize(name)) : undefined
    if (found) return found
    const names = [...commands.values()].flatMap(({ command }) => [command.name, ...command.aliases])
    const near = closest(name, names)
    throw new AppError('unknown-command', `This Barman has no such command${near ? `; did you mean ${near}?` : ''}`)
  }

  /** The servers that this Barman lists. */
  async servers (): Promise<readonly string[]> {
    return this.#servers ?? this.#listServers()
  }

  /** Throws `unknown-server` with every name that is not listed; what an edit of barman.conf brought is noticed. */
  async checkServers (names: readonly string[], pointer: (index: number) => string): Promise<void> {
    const unknown = async () => { const known = new Set(await this.servers()); return names.flatMap((name, index) => known.has(name) ? [] : [{ pointer: pointer(index), detail: 'is not a server of this Barman' }]) }
    const isListed = this.#servers !== null
    let errors = await unknown()
    if (errors.length > 0 && isListed) {
      await this.#listAgain()
      errors = await unknown()
    }
    if (errors.length > 0) throw new AppError('unknown-server', 'There is no such server', { errors })
  }

  /** The words for a command that the service itself wants to run, in JSON where this Barman can; with another configuration where one is given. */
  async words (name: string, values: Values, configFile = this.configFile): Promise<{ words: readonly string[], format: 'json' | 'console' }> {
    const compiled = await this.command(name)
    const globals = this.catalogue.catalogue.globalOptions
    const format = formatOf(compiled, values, globals) === 'json' ? 'json' : 'console'
    return { words: argv(compiled, values, { globals, format, configFile: configFile || undefined }), format }
  }

  /** Asks Barman for its servers once, as whoever we are; throws a StartError when this account may not run it, and warns of all else. */
  async checkAccount (): Promise<void> {
    try {
      await this.servers()
    } catch (err) {
      const owner = /please run barman as '([^']+)' user/.exec(String(err))?.[1]
      if (owner !== undefined) throw new StartError(`Barman wants to be run by ${owner}: start the service as that account, with \`runuser -u ${owner} -- barmanapi runserver\``)
      this.#options.log.warn({ err, host: this.name }, 'barman cannot list its servers')
    }
  }

  /** Barman's configuration was changed: what was read of it is asked for again. */
  forget (): void {
    this.#servers = null
  }

  /** Runs barman within the bounds of this host. */
  run (server: string | null, argv: readonly string[], options: RunOptions): Promise<RunResult> {
    return this.#gate.pass(server, async () => await this.#options.warm?.call(argv, options) ?? await this.runner.run(argv, options))
  }

  /** For whoever misses a server: those who ask at the same time share one answer, and those who ask right after it. */
  #listAgain (): Promise<unknown> {
    this.#listing ??= this.#listServers().finally(() => setTimeout(() => { this.#listing = null }, ASK_AGAIN_MS).unref())
    return this.#listing
  }

  async #listServers (): Promise<readonly string[]> {
    const compiled = await this.command('list-server')
    const words = argv(compiled, { minimal: true }, { globals: this.catalogue.catalogue.globalOptions, format: 'console', configFile: this.configFile || undefined })
    const { exitCode, stdout, stderr } = await this.run(null, words, { timeoutMs: LIST_TIMEOUT_MS })
    if (exitCode !== 0) throw new AppError('barman-unusable', `Barman on ${this.name} cannot list its servers: ${(stderr || stdout).trim().slice(0, 1000)}`)
    return (this.#servers = stdout.split('\n').filter((line) => line !== ''))
  }

  /** One reading at a time, whoever asks. */
  #load (trustCache: boolean): Promise<CompiledCatalogue> {
    this.#reloading ??= this.#read(trustCache).finally(() => { this.#reloading = null })
    return this.#reloading
  }

  async #read (trustCache: boolean): Promise<CompiledCatalogue> {
    const started = performance.now()
    const fingerprint = await this.runner.fingerprint()
    const ask = (argv: readonly string[]) => this.runner.run(argv, { timeoutMs: HELP_TIMEOUT_MS, maxBytes: HELP_BYTES })
    const file = join(this.#options.cacheFolder, `catalogue-${this.name}.json`)
    const identity = { ...fingerprint, version: await askVersion(ask) }
    const cached = trustCache ? await loadCatalogue(file, identity) : null
    let isWhole = true
    const catalogue = cached ?? await discover(ask, {
      concurrency: this.#options.cores,
      onSkipped: (command, err) => {
        isWhole = false
        this.#options.log.warn({ host: this.name, command, err }, 'command left out: its help cannot be read')
      }
    })
    const compiled = compileCatalogue(catalogue, this.#options.overrides)
    if (!cached && isWhole) await saveCatalogue(file, identity, catalogue)
    this.#known = { compiled, fingerprint }
    this.#options.log.info({ host: this.name, version: compiled.version, commands: compiled.list.length, cached: cached !== null, durationMs: Math.round(performance.now() - started) }, 'catalogue read')
    return compiled
  }
}

function isSame (a: Fingerprint, b: Fingerprint): boolean {
  return a.path === b.path && a.mtimeMs === b.mtimeMs && a.size === b.size
}
