import t from 'tap'
import { killAtRandom } from '../../faults/ledger.ts'

const KILLS = 20
const BUDGET_MS = 30_000 // on a busy machine fewer kills fit, and the counts say how many

t.setTimeout(170_000)

t.test('a service that is killed at any moment loses no ticket, runs none twice, and tells no false success', (t) => killAtRandom(t, KILLS, BUDGET_MS))
