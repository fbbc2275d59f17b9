import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import { type Cost, Passwords } from '../../../lib/users/password.ts'
import { UserStore } from '../../../lib/users/users.ts'
import type { Rights, User } from '../../../lib/users/user.ts'

export const PEPPER = '3f0c'

/** A hash in a millisecond: what costs is the subject of password.test.ts alone. */
export const CHEAP: Cost = { ln: 4, r: 8, p: 1 }

export const passwords = new Passwords(PEPPER, CHEAP)

/** The md5 line in the sample of barmanapi 0.3, of the password 1258. */
export const SEED = '[memin]\npassword = 26588e932c7ccfa1df309280702fe1b5\naccess = []\ndeny = []\n'

interface Bench {
  readonly file: string
  readonly store: UserStore
  /** Lines of the log, as objects. */
  readonly logged: ReadonlyArray<{ readonly level: number, readonly msg: string }>
  readonly read: () => string
}

/** A folder of its own, gone after the test. */
export function folder (t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'barmanapi-users-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A store on a real file with that text; none without one. */
export async function open (t: Test, text?: string): Promise<Bench> {
  const file = join(folder(t), 'client.conf')
  if (text !== undefined) writeFileSync(file, text, { mode: 0o640 })
  const logged: Array<{ level: number, msg: string }> = []
  const log = pino({}, { write: (line: string) => { logged.push(JSON.parse(line)) } })
  const store = await UserStore.open({ file, pepper: PEPPER, log, cost: CHEAP })
  t.teardown(() => store.close())
  return { file, store, logged, read: () => readFileSync(file, 'utf8') }
}

/** Waits for a state, with a bound. */
export async function until (claim: () => boolean | Promise<boolean>, boundMs = 5000): Promise<void> {
  const end = performance.now() + boundMs
  while (!await claim()) {
    if (performance.now() > end) throw new Error(`not reached in ${boundMs} ms: ${String(claim)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function user (name: string, rights: Partial<Rights> = {}): User {
  return { name, access: [], deny: [], scopes: ['read', 'operate', 'restore', 'destroy', 'config', 'users'], servers: null, ver: 0, ...rights }
}
