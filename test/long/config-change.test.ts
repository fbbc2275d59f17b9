import t from 'tap'
import { barmans } from '../support/barmans.mjs'
import { takesAndRefuses } from '../support/config-site.ts'

t.setTimeout(600_000)

for (const found of await barmans()) {
  if (found.version === '3.4.0') continue // the short form has it
  t.test(`Barman ${found.version} takes and refuses changes`, { skip: found.missing ?? false }, async (t) => {
    if (found.missing === undefined) await takesAndRefuses(t, { version: found.version, command: found.barman })
  })
}
