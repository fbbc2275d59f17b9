import { join } from 'node:path'
import t from 'tap'
import { barmanEnvironment } from '../../lib/runner/environment.ts'
import { LocalRunner } from '../../lib/runner/local.ts'
import type { RunResult } from '../../lib/runner/runner.ts'
import { Warm } from '../../lib/runner/warm/warm.ts'
import { barmans } from '../support/barmans.mjs'
import { openLab } from './lab.ts'

t.setTimeout(120_000)

const SAID_THE_SAME = [['--version'], ['--help'], ['--nonsense'], ['nonsense'], ['list-backup', '--help'], ['-f', 'json', 'list-server'], ['list-server', '--minimal'],
  ['-f', 'json', 'show-server', 'main'], ['-f', 'json', 'list-backup', 'main'], ['list-backup', 'all'], ['list-backup', 'nobody'], ['show-backup', 'main', 'latest'],
  ['-f', 'json', 'check', 'main'], ['get-wal', 'main', 'nonsense']]

const { lab, skip = false } = await openLab()
const [unpacked] = await barmans(undefined, ['3.20.1'])
const found = unpacked?.missing === undefined ? unpacked : undefined

testBarman('the installed Barman', lab?.command ?? '')
testBarman('Barman 3.20.1', join(found?.barman ?? '', '..', '..', 'usr', 'bin', 'barman'), { PYTHONPATH: found?.pythonPath ?? '' }, unpacked?.missing)

function testBarman (name: string, command: string, more: Record<string, string> = {}, missing?: string): void {
  t.test(`${name} says the same when it is kept warm`, { skip: skip || missing || false }, async (t) => {
    const env = { ...barmanEnvironment(lab?.env ?? {}), ...more }
    const runner = new LocalRunner(command, env)
    const said: unknown[] = []
    const log = { info: (...words: unknown[]) => { said.push(words) }, warn: (...words: unknown[]) => { said.push(words) } }
    const warm = new Warm({ command, env, plain: (argv, options) => runner.run(argv, options), proofs: async () => [['--version'], ['--help']], log })
    t.teardown(() => warm.close())
    await warm.start()
    t.ok(warm.isReady, JSON.stringify(said))
    const options = { timeoutMs: 60_000 }
    for (const words of SAID_THE_SAME) {
      const argv = words[0] === '--version' ? words : ['-c', lab?.config ?? '', ...words]
      const [plain, kept] = await Promise.all([runner.run(argv, options), warm.call(argv, options)])
      t.strictSame(answer(kept), answer(plain), words.join(' '))
    }
  })
}

function answer (result: RunResult | null) {
  return result && { exitCode: result.exitCode, signal: result.signal, stdout: result.stdout, stderr: result.stderr }
}

t.teardown(() => lab?.stop())
