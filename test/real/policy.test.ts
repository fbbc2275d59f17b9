import t from 'tap'
import { discover } from '../../lib/barman/discover.ts'
import { unclassified } from '../../lib/barman/policy.ts'
import { barmanEnvironment } from '../../lib/runner/environment.ts'
import { LocalRunner } from '../../lib/runner/local.ts'
import { existsSync } from 'node:fs'

const INSTALLED = '/usr/bin/barman'

t.test('the policy knows every command and option of the installed Barman, and names those that it does not', { skip: existsSync(INSTALLED) ? false : `there is no ${INSTALLED}` }, async (t) => {
  const runner = new LocalRunner(INSTALLED, barmanEnvironment(process.env))
  const catalogue = await discover((argv) => runner.run(argv, { timeoutMs: 60_000 }), { concurrency: 2 })
  t.same(unclassified(catalogue), [])
  const [first, ...rest] = catalogue.commands
  if (!first) return t.fail('the installed Barman has no commands')
  const newer = { ...first, options: [...first.options, { names: ['--teleport'], arity: 'flag' as const, metavar: null, choices: null, description: '' }] }
  t.same(unclassified({ ...catalogue, commands: [newer, ...rest] }), [`${first.name}.teleport`])
})
