/** A second process that edits the same users file: `writer.js FILE PREFIX COUNT` makes users PREFIX-0, PREFIX-1 and so on. */
import { pino } from 'pino'
import { UserStore } from '../../../lib/users/users.ts'
import { CHEAP, PEPPER } from './support.ts'

const [, , file = '', prefix = '', count = ''] = process.argv
const store = await UserStore.open({ file, pepper: PEPPER, log: pino({ level: 'silent' }), cost: CHEAP })
process.stdout.write('open\n')
for (let n = 0; n < Number(count); n++) await store.add({ name: `${prefix}-${n}`, password: 'long enough' })
await store.close()
