import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { Fault } from './fault.mjs'

/**
 * @typedef {object} Account
 * @property {string} name
 * @property {number} uid
 * @property {number} gid
 * @property {boolean} switched True when root hands over to it, false when it is the caller itself.
 */

/**
 * Who runs PostgreSQL, Barman and the service: for root the account `barman` of Debian's package, else the caller.
 * @returns {Account}
 */
export function account () {
  const { username: name, uid, gid } = userInfo()
  if (uid !== 0) return { name, uid, gid, switched: false }
  const [, owner, group] = passwdRow('barman') ?? []
  if (owner === undefined) throw new Fault("There is no account 'barman', which the Debian package barman makes: PostgreSQL refuses to run as root.")
  return { name: 'barman', uid: Number(owner), gid: Number(group), switched: true }
}

/** Options of `spawn` that hand a process over to the account; only root may, and only root needs to. */
export const asAccount = ({ uid, gid, switched }) => switched ? { uid, gid } : {}

function passwdRow (name) {
  const row = readFileSync('/etc/passwd', 'utf8').split('\n').find((line) => line.startsWith(`${name}:`))
  if (row === undefined) return null
  const [, , uid, gid] = row.split(':')
  return [name, uid, gid]
}
