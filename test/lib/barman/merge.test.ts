import t from 'tap'
import { mergeParts, type Part } from '../../../lib/barman/merge.ts'
import { AppError, type ErrorCode } from '../../../lib/errors.ts'
import type { CommandReply } from '../../../schemas/command.ts'

const part = (reply: Partial<CommandReply>, failure: ErrorCode | null = null, ran = true): Part => ({
  reply: { command: 'status', exitCode: 0, ok: true, result: null, output: [], errors: [], warnings: [], durationMs: 1, ...reply },
  failure: failure && new AppError(failure, 'why'),
  ran
})

t.test('parts become one reply, keyed by server', async (t) => {
  const merged = mergeParts('status', [
    ['main', part({ result: { main: { up: true } }, output: ['a'], warnings: ['same'], durationMs: 5 })],
    ['pg', part({ result: { up: false }, output: ['b'], warnings: ['same'], durationMs: 3 })]
  ])
  t.match(merged, { command: 'status', exitCode: 0, ok: true, output: ['a', 'b'], warnings: ['same'], durationMs: 5 })
  t.strictSame(merged.result, { main: { up: true }, pg: { up: false } }, 'what Barman keys by server is not keyed twice')
  t.strictSame(merged.servers, { main: { exitCode: 0, ok: true, errors: [] }, pg: { exitCode: 0, ok: true, errors: [] } })
  t.equal(merged.warnings.length, 1, 'a warning about all is said once')
})

t.test('one that fails is told in its own place, and the others answer', async (t) => {
  const merged = mergeParts('status', [
    ['main', part({ result: { main: 1 } })],
    ['silent', part({ exitCode: null, ok: false, errors: ['late'] }, 'barman-timeout', false)],
    ['wrong', part({ exitCode: 1, ok: false, errors: ['no'] }, 'barman-failed')]
  ])
  t.match(merged, { ok: false, exitCode: null, errors: ['late', 'no'], result: { main: 1 } })
  t.match(merged.servers, { silent: { exitCode: null, problem: { code: 'barman-timeout', status: 504, detail: 'why' } }, wrong: { exitCode: 1, problem: { status: 502 } } })
  t.notOk('problem' in (merged.servers?.['main'] ?? {}))
  t.equal(mergeParts('check', [['a', part({ exitCode: 0 })], ['b', part({ exitCode: 1, ok: false })]]).exitCode, 1, 'the worst exit code')
})

t.test('where none ran there is no reply but the first problem', async (t) => {
  t.throws(() => mergeParts('status', [['a', part({}, 'barman-timeout', false)], ['b', part({}, 'too-busy', false)]]), { code: 'barman-timeout' })
  t.doesNotThrow(() => mergeParts('status', [['a', part({}, 'barman-failed', true)]]), 'one that ran and failed has answered')
})

t.test('no server is no fault', async (t) => {
  t.match(mergeParts('status', []), { exitCode: 0, ok: true, result: {}, servers: {} })
})

t.test('a server may have any name', async (t) => {
  const merged = mergeParts('status', [['__proto__', part({ result: { x: 1 } })], ['constructor', part({ result: { constructor: 2 } })]])
  t.strictSame(Object.keys(merged.servers ?? {}), ['__proto__', 'constructor'])
  t.strictSame(Object.entries(merged.result as object), [['__proto__', { x: 1 }], ['constructor', 2]])
})
