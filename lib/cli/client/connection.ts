import { readFileSync } from 'node:fs'
import { readAll } from '../terminal.ts'
import { ClientError, EXIT, WrongCall } from './exits.ts'
import type { ConnectionFlags } from './flags.ts'
import { type Profile, readProfile } from './profiles.ts'
import type { Shell } from './shell.ts'

const DEFAULT_URL = 'http://127.0.0.1:1935'
const GIVE_UP_S = 600

/** Environment that the client reads. None of these is `BARMANAPI_<SECTION>_<KEY>` of the service; a test holds that. */
export const CLIENT_ENVIRONMENT = [
  'BARMANAPI_URL', 'BARMANAPI_TOKEN', 'BARMANAPI_TOKEN_FILE', 'BARMANAPI_USER', 'BARMANAPI_PASSWORD', 'BARMANAPI_CA',
  'BARMANAPI_PROFILE', 'BARMANAPI_PROFILES', 'BARMANAPI_GIVE_UP', 'BARMANAPI_IDEMPOTENCY_KEY'
] as const

/** Where the service is, and who calls. */
export interface Connection {
  /** Ends with a slash. */
  readonly url: URL
  readonly token: string | null
  /** Makes a token, and a new one when that has ended. */
  readonly login: { readonly user: string, readonly password: string } | null
  /** Certificates to trust instead of the system's, as PEM. */
  readonly ca: string | null
  /** How long the service may be out of reach. */
  readonly giveUpMs: number
}

/** Puts flags over environment over profile, or throws a WrongCall. */
export async function readConnection (flags: ConnectionFlags, { env, stdin }: Pick<Shell, 'env' | 'stdin'>): Promise<Connection> {
  const name = flags.profile ?? (env['BARMANAPI_PROFILE'] || undefined)
  const given = flags.url ?? (env['BARMANAPI_URL'] || undefined)
  const profile = given !== undefined && name === undefined ? {} : readProfile(env, name) // no secret of the default profile goes to an address from elsewhere
  const ca = flags.ca ?? (env['BARMANAPI_CA'] || profile.ca)
  return {
    url: urlOf(given ?? profile.url ?? DEFAULT_URL),
    ...await credentials(flags, env, profile, stdin),
    ca: ca ? readSecret(ca, 'ca') : null,
    giveUpMs: seconds(flags['give-up'] ?? (env['BARMANAPI_GIVE_UP'] || GIVE_UP_S)) * 1000
  }
}

/** All of them from one place: the strongest that names any. */
async function credentials (flags: ConnectionFlags, env: Shell['env'], profile: Profile, stdin: Shell['stdin']): Promise<Pick<Connection, 'token' | 'login'>> {
  const fromEnv: Profile = clean({ token: env['BARMANAPI_TOKEN'], token_file: env['BARMANAPI_TOKEN_FILE'], user: env['BARMANAPI_USER'], password: env['BARMANAPI_PASSWORD'] })
  if (flags['password-stdin'] && flags.user === undefined) throw new WrongCall('--password-stdin needs --user')
  const typed = flags['password-stdin'] ? (await readAll(stdin)).replace(/\r?\n$/, '') : undefined
  const fromFlags: Profile = clean({ token: flags.token, user: flags.user, password: typed ?? fromEnv.password })
  const { token, token_file: file, user, password } = [fromFlags, fromEnv, profile].find((each) => each.token ?? each.token_file ?? each.user) ?? {}
  const login = user && password ? { user, password } : null
  if (user && !login && !token && !file) throw new WrongCall(`the password of ${user} is missing: use --password-stdin or BARMANAPI_PASSWORD`)
  if (user?.includes(':')) throw new WrongCall('the name of a user holds no colon')
  if (!user && !token && !file) throw new WrongCall('no token is given: use --token, BARMANAPI_TOKEN, BARMANAPI_USER and BARMANAPI_PASSWORD, or a profile; see docs/cli.md')
  return { token: token ?? (file ? readSecret(file, 'token_file') : null), login }
}

function clean (values: Readonly<Record<string, string | undefined>>): Profile {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value))
}

function urlOf (text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol)) throw new WrongCall(`${text} is no address: it must begin with http:// or https://`)
  if (url.username || url.password) throw new WrongCall('the address holds a name or a password: use --user')
  return new URL(`${url.origin}${url.pathname.replace(/\/*$/, '/')}`)
}

function readSecret (file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new ClientError(`${what}: ${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`, EXIT.wrongCall) // what node:fs throws
  }
}

function seconds (written: string | number): number {
  const value = Number(written)
  if (!(value >= 0 && value <= 1e9)) throw new WrongCall(`--give-up wants a number of seconds, not ${written}`)
  return value
}
