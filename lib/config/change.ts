import { randomUUID } from 'node:crypto'
import { realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BaseLogger } from 'pino'
import type { OwnChange } from '../../schemas/config-change.ts'
import { type Wanted, wantedOf } from '../barman/config-edit/texts.ts'
import { redact } from '../barman/redact.ts'
import { removeKey, setKey } from '../dialect/ini-lines.ts'
import { unifiedDiff } from '../edits/diff.ts'
import { type KeptFiles, readKept } from '../edits/kept-files.ts'
import { AppError, type InputFault } from '../errors.ts'
import type { User } from '../users/user.ts'
import { ConfigError, loadConfig } from './load.ts'
import type { Config } from './schema.ts'

/** What counts at once: each is read anew wherever it is used. */
const LIVE: ReadonlySet<string> = new Set([
  'application.reply_wait', 'auth_token.token_life', 'barman.read_timeout', 'jobs.queue', 'jobs.slots', 'log.backup_count', 'log.max_bytes'
])
/** What the README of barmanapi 0.3 changed by HTTP. They lead elsewhere on disk or on the network, so they need `exec`. */
const AFTER_RESTART: ReadonlySet<string> = new Set(['application.host', 'application.port', 'application.store_directory', 'barman.config_file'])

export interface OwnEditorOptions {
  /** As the service holds it; live keys are set in it. */
  readonly config: Config
  readonly env: Readonly<Record<string, string | undefined>>
  readonly kept: KeptFiles
  /** For the copy that is checked before anything is written. */
  readonly garbage: string
  readonly log: Pick<BaseLogger, 'info'>
}

/** Edits barmanapi.conf, of an allow-list of keys, and lets count at once what can. */
export class OwnEditor {
  readonly #options: OwnEditorOptions

  constructor (options: OwnEditorOptions) {
    this.#options = options
  }

  /** Throws `bad-request`, `forbidden`, `only-in-the-file` with the reason for each key, or `file-not-writable`. */
  async change (user: User, changes: Readonly<Record<string, unknown>>, unset: readonly string[], dryRun: boolean): Promise<OwnChange> {
    const { config, kept } = this.#options
    const wanted = wantedOf(changes, unset)
    this.#check(user, wanted)
    const { file } = config
    if (file === null) throw new AppError('only-in-the-file', 'The service runs without a configuration file: make one, and start it again')
    return kept.exclusively(async () => {
      const path = await realpath(file)
      const before = await readKept(path)
      const after = wanted.reduce((text, { section, key, value }) => value === null ? removeKey(text, section, key) : setKey(text, section, key, value), before)
      const next = await this.#load(after)
      checkLife(config, next)
      const names = wanted.map(({ section, key }) => `${section}.${key}`)
      const isWritten = after !== before && !dryRun
      const atomic = isWritten ? (await kept.apply(user.name, 'change', [{ path, before, after }])).isAtomic : true
      if (!dryRun) for (const { section, key } of wanted) if (LIVE.has(`${section}.${key}`)) take(config, next, section, key)
      if (isWritten) this.#options.log.info({ user: user.name, keys: names }, 'our configuration changed')
      return {
        changed: after !== before,
        dryRun,
        atomic,
        file: path,
        applied: dryRun ? [] : names.filter((name) => LIVE.has(name)),
        restartNeeded: dryRun ? [] : names.filter((name) => AFTER_RESTART.has(name)),
        diff: redact(unifiedDiff(path, before, after))
      }
    })
  }

  #check (user: User, wanted: readonly Wanted[]): void {
    const errors = wanted.flatMap((each) => this.#refusal(each).map((detail): InputFault => ({ pointer: `/${each.section}.${each.key}`, detail })))
    if (errors.length > 0) throw new AppError('only-in-the-file', 'These keys are changed in the local file only', { errors })
    const strong = wanted.map(({ section, key }) => `${section}.${key}`).filter((name) => AFTER_RESTART.has(name))
    if (strong.length > 0 && !user.scopes.includes('exec')) throw new AppError('forbidden', 'this needs the scope exec', { errors: strong.map((name) => ({ pointer: `/${name}`, detail: 'needs the scope exec' })) })
  }

  /** Why a key is not changed here, where it is not. */
  #refusal ({ section, key }: Wanted): string[] {
    const { config, env } = this.#options
    const name = `BARMANAPI_${section}_${key}`.toUpperCase()
    const set = [name, `${name}_FILE`].find((each) => env[each] !== undefined)
    if (!LIVE.has(`${section}.${key}`) && !AFTER_RESTART.has(`${section}.${key}`)) return [`decides who may do what, or how we reach Barman, or is no key: only ${[...LIVE, ...AFTER_RESTART].join(', ')} are changed here`]
    if (set !== undefined) return [`is set by ${set} in the environment, which is stronger than the file`]
    return section === 'log' && !config.log ? ['the log goes to the console: a section [log] would turn it into a file'] : []
  }

  /** The whole new file must be one that the service would start with; or throws `bad-request` with every fault. */
  async #load (text: string): Promise<Config> {
    const copy = join(this.#options.garbage, `${randomUUID()}.conf`)
    try {
      await writeFile(copy, text, { mode: 0o600, flag: 'wx' })
      return loadConfig({ file: copy, env: this.#options.env })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw new AppError('bad-request', 'The service would not start with that', { errors: error.faults.map((detail) => ({ pointer: '', detail: redact(detail) })) })
    } finally {
      await rm(copy, { force: true })
    }
  }
}

/** Tokens are shortened here, never lengthened: a stolen one must not gain by the rights of `config`. */
function checkLife (now: Config, next: Config): void {
  if (next.auth_token.token_life <= now.auth_token.token_life) return
  throw new AppError('only-in-the-file', 'Tokens are made to live longer in the local file only', { errors: [{ pointer: '/auth_token.token_life', detail: `may be at most ${now.auth_token.token_life}` }] })
}

/** Consumers hold the very section object. */
function take (config: Config, next: Config, section: string, key: string): void {
  const [target, source] = [config, next].map((whole) => (whole as unknown as Record<string, Record<string, unknown> | null>)[section]) // LIVE names sections of plain values
  if (target && source) target[key] = source[key]
}
