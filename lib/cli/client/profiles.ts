import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { closest } from '../../barman/closest.ts'
import { sections } from '../../config/load.ts'
import { WrongCall } from './exits.ts'

const KEYS = ['url', 'token', 'token_file', 'user', 'password', 'ca'] as const
const SECRETS = ['token', 'password'] as const

/** One section of the profile file; every key may be missing. */
export type Profile = Readonly<Partial<Record<typeof KEYS[number], string>>>

/** The profile of that name, else `default` where there is one; or throws a WrongCall. */
export function readProfile (env: Readonly<Record<string, string | undefined>>, name: string | undefined): Profile {
  const file = env['BARMANAPI_PROFILES'] || join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'barmanapi', 'profiles.ini')
  const profiles = readProfiles(file, name !== undefined || Boolean(env['BARMANAPI_PROFILES']))
  const wanted = name ?? 'default'
  const profile = Object.hasOwn(profiles, wanted) ? profiles[wanted] : undefined
  if (profile) return profile
  if (name === undefined) return {}
  const near = closest(wanted, Object.keys(profiles))
  throw new WrongCall(`${file} has no profile ${wanted}${near ? `; did you mean ${near}?` : ''}`)
}

/** Every profile of the file, or throws a WrongCall: also where others may read its secrets. */
function readProfiles (file: string, isNeeded: boolean): Record<string, Profile> {
  const opened = open(file, isNeeded)
  if (opened === null) return {}
  const faults: string[] = []
  const profiles = sections(opened.text, faults)
  for (const [name, keys] of Object.entries(profiles)) {
    for (const key of Object.keys(keys)) if (!KEYS.some((known) => known === key)) faults.push(unknownKey(name, key))
  }
  if (faults.length > 0) throw new WrongCall(`${file}: ${faults.join('; ')}`)
  const isSecret = Object.values(profiles).some((keys) => SECRETS.some((key) => keys[key]))
  if (isSecret && (opened.mode & 0o077) !== 0) throw new WrongCall(`${file} holds secrets, and others may read it: chmod 600 ${file}`)
  return profiles
}

/** Text and mode of one and the same file. */
function open (file: string, isNeeded: boolean): { text: string, mode: number } | null {
  try {
    const handle = openSync(file, 'r')
    try {
      return { text: readFileSync(handle, 'utf8'), mode: fstatSync(handle).mode }
    } finally {
      closeSync(handle)
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException // what node:fs throws
    if (code === 'ENOENT' && !isNeeded) return null
    throw new WrongCall(`${file} cannot be read (${code})`)
  }
}

function unknownKey (section: string, key: string): string {
  const near = closest(key, KEYS)
  return `[${section}] ${key} is not a key${near ? `; did you mean ${near}?` : ''}`
}
