import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '../errors.ts'
import { replaceFileSync } from '../files.ts'
import type { Config } from './schema.ts'

/** The folders of the store, with the seed's names. */
export interface StoreFolders {
  readonly active: string
  readonly archive: string
  readonly config: string
  readonly garbage: string
  readonly logs: string
}

/** What the service knows of its secrets, whether configured or made by itself. */
export interface Secrets {
  readonly pepper: string
  readonly signingKey: string
}

const NAMES = ['active', 'archive', 'config', 'garbage', 'logs'] as const

/** Makes what is missing of the store; folders are 0700. */
export function openStore (directory: string): StoreFolders {
  const folders = Object.fromEntries(NAMES.map((name) => [name, join(directory, name)]))
  for (const folder of Object.values(folders)) makeFolder(folder)
  return folders as unknown as StoreFolders // its keys are NAMES
}

function makeFolder (folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    throw new StartError(`The store cannot be used: this account may not write ${folder} (${(cause as NodeJS.ErrnoException).code})`, { cause }) // node:fs threw it
  }
}

/** The users file: configured, or in the store. */
export function usersFile (config: Config): string {
  return config.user.config_file || join(config.application.store_directory, 'client.conf')
}

/** The configured secrets; what is blank is made once and kept in `config/secrets` (0600), so that tokens and hashes outlive a restart. */
export function openSecrets (config: Config, folders: StoreFolders): Secrets {
  if (config.user.secret && config.auth_token.secret) return { pepper: config.user.secret, signingKey: config.auth_token.secret }
  const file = join(folders.config, 'secrets')
  if (!existsSync(file)) {
    replaceFileSync(file, JSON.stringify({ pepper: randomBytes(32).toString('hex'), signingKey: randomBytes(32).toString('hex') }) + '\n')
  }
  const made = readSecrets(file)
  return { pepper: config.user.secret || made.pepper, signingKey: config.auth_token.secret || made.signingKey }
}

/** They are never made anew over damaged ones: every password hangs on them. */
function readSecrets (file: string): Secrets {
  const text = readFileSync(file, 'utf8')
  if (!/^\{"pepper":"[0-9a-f]{64}","signingKey":"[0-9a-f]{64}"\}\n$/.test(text)) {
    throw new StartError(`${file} is damaged: bring it back from a backup, or remove it, which ends every password and token`)
  }
  return JSON.parse(text) as Secrets // as just checked
}

const KNOWN = new Set(['89660c74da48ddd4efbe4d3c8f8150de', 'Deneme'])

/** True where a secret is one that the documentation of barmanapi 0.3 printed. */
export function hasKnownSecret (secrets: Secrets): boolean {
  return KNOWN.has(secrets.pepper) || KNOWN.has(secrets.signingKey)
}
