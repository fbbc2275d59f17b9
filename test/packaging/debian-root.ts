import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Ended { readonly code: number | null, readonly output: string }

const ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive']

/** Why there can be no Debian of one's own here, or null. */
export function whyNoDebian (): string | null {
  if (process.getuid?.() !== 0) return 'only root can make a Debian of its own'
  const missing = ['debootstrap', 'unshare', 'dpkg-deb', 'strip'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
  return missing.length > 0 ? `no ${missing.join(', no ')} on this machine` : null
}

/**
 * A fresh Debian 12 in a folder. What runs in it has namespaces of its own for mounts and processes, which end with it,
 * so that nothing stays mounted or alive.
 */
export class DebianRoot {
  readonly folder: string

  constructor () {
    this.folder = mkdtempSync(join(tmpdir(), 'barmanapi-debian-'))
    chmodSync(this.folder, 0o755)
  }

  /** Fills the folder from Debian's packages, or says why it cannot. */
  async furnish (): Promise<string | null> {
    const { code, output } = await collect(spawn('unshare', ['--mount', 'debootstrap', '--variant=minbase', 'bookworm', this.folder]))
    return code === 0 ? null : `debootstrap failed: ${output.trim().split('\n').at(-1)}`
  }

  /** Starts a program in it, as root. */
  start (...argv: readonly string[]): ChildProcess {
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child', `--mount-proc=${join(this.folder, 'proc')}`]
    return spawn('unshare', [...namespaces, 'chroot', this.folder, 'env', '--ignore-environment', ...ENVIRONMENT, ...argv])
  }

  /** Runs a line of shell in it, as root. */
  async sh (line: string): Promise<Ended> {
    return collect(this.start('sh', '-c', line))
  }

  /** Removes the folder; refuses while something is mounted below it. */
  remove (): void {
    if (readFileSync('/proc/self/mounts', 'utf8').includes(` ${this.folder}/`)) throw new Error(`Something is mounted below ${this.folder}`)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** All that a process says, on both streams, and its exit code. */
export async function collect (child: ChildProcess): Promise<Ended> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { output += text })
  const [code] = await once(child, 'close') as [number | null]
  return { code, output }
}
