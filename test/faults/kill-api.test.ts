import t from 'tap'
import { killAtRandom } from './ledger.ts'

const KILLS = 200
const BUDGET_MS = 240_000

t.setTimeout(600_000)

t.test('kill -9 of the service, two hundred times under load', (t) => killAtRandom(t, KILLS, BUDGET_MS))
