import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from './root.ts'

const UNIT = join(ROOT, 'etc', 'barmanapi.service')

/** Settings that take sudo from a service with `User=`. @see systemd.exec(5), NoNewPrivileges= */
const AGAINST_SUDO = [
  'CapabilityBoundingSet', 'LockPersonality', 'MemoryDenyWriteExecute', 'NoNewPrivileges', 'PrivateDevices', 'ProtectClock', 'ProtectHostname', 'ProtectKernelLogs',
  'ProtectKernelModules', 'ProtectKernelTunables', 'RestrictAddressFamilies', 'RestrictNamespaces', 'RestrictRealtime', 'RestrictSUIDSGID',
  'SystemCallArchitectures', 'SystemCallFilter'
]

t.test('systemd reads the unit without a word', { skip: missing('systemd-analyze') }, async (t) => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', UNIT], { encoding: 'utf8' })
  t.same({ status, output: stdout + stderr }, { status: 0, output: '' })
})

t.test('the drop-in for hooks with sudo takes back every setting of the unit that forbids it', async (t) => {
  const dropIn = /```ini\n(\[Service\]\nNoNewPrivileges=no\n[^`]*)```/.exec(readFileSync(join(ROOT, 'docs', 'install.md'), 'utf8'))?.[1] ?? ''
  const set = namesIn(readFileSync(UNIT, 'utf8')).filter((name) => AGAINST_SUDO.includes(name))
  t.same(namesIn(dropIn).sort(), set.sort())
  t.ok(set.length > 0)
})

t.test('the unit takes from jobs nothing that they need', async (t) => {
  const names = namesIn(readFileSync(UNIT, 'utf8'))
  const harmful = ['MemoryDenyWriteExecute', 'PrivateTmp', 'PrivateUsers', 'ProcSubset', 'ProtectHome', 'RemoveIPC', 'RestrictSUIDSGID', 'RuntimeDirectory']
  t.same(names.filter((name) => harmful.includes(name)), [])
})

function namesIn (unit: string): string[] {
  return [...unit.matchAll(/^([A-Za-z]+)=/gm)].map(([, name]) => name ?? '')
}

function missing (tool: string): string | false {
  return spawnSync(tool, ['--version']).status === 0 ? false : `no ${tool} on this machine`
}
