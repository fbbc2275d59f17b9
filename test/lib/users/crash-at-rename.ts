/** A process that dies by SIGKILL at the moment it would rename the new users file into place: `crash-at-rename.js FILE`. */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { UserStore } from '../../../lib/users/users.ts'
import { CHEAP, PEPPER } from './support.ts'

fs.rename = async () => {
  process.kill(process.pid, 'SIGKILL')
}
syncBuiltinESMExports()

const store = await UserStore.open({ file: process.argv[2] ?? '', pepper: PEPPER, log: { info () {}, warn () {}, error () {} }, cost: CHEAP })
await store.revoke('memin')
