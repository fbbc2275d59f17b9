import t from 'tap'
import { REDACTION_MASK as MASK } from '../../../lib/barman/redact.ts'
import { jobOf, summaryOf } from '../../../lib/jobs/view.ts'
import { job } from './support.ts'

const SECRET = 'host=x user=y password=s3cr3t dbname=z'

t.test('no secret is shown, wherever Barman printed it or a caller sent it', async (t) => {
  for (const format of ['console', 'json'] as const) {
    const record = job('', { format, state: 'failed', parameters: { conninfo: SECRET, list: [SECRET] }, result: { main: { conninfo: SECRET, password: 's3cr3t' } }, errors: [SECRET], warnings: [SECRET] })
    const output = { stdout: format === 'json' ? JSON.stringify({ _INFO: [SECRET], x: SECRET }) : `${SECRET}\n`, stderr: `ERROR: ${SECRET}\n`, truncated: false }
    const shown = JSON.stringify(jobOf(record, output))
    t.notMatch(shown, 's3cr3t', format)
    t.match(shown, MASK)
  }
})

t.test('of the record only what is for callers is shown', async (t) => {
  const summary = summaryOf(job('', { state: 'succeeded', startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:00:01.500Z', argv: ['--config=x'] }))
  t.match(summary, { ok: true, durationMs: 1500 })
  for (const key of ['argv', 'v', 'names', 'scopes', 'holds', 'excludes', 'waitsFor', 'slot', 'intent', 'format']) t.notOk(key in summary, key)
  t.match(summaryOf(job('', { state: 'unknown' })), { ok: false, durationMs: null })
  t.match(summaryOf(job('', { state: 'running' })), { ok: null })
})

t.test('output is lines as a person reads them', async (t) => {
  const show = (stdout: string, stderr = '', changes = {}) => jobOf(job('', changes), { stdout, stderr, truncated: false }).output
  t.strictSame(show('one\ntwo  \r\n'), ['one', 'two'])
  t.strictSame(show('\u001b[31mred\u001b[0m\n', 'WARNING: x\n'), ['red', 'WARNING: x'])
  t.strictSame(show(''), [])
  t.strictSame(show('one\n\nthree\n'), ['one', '', 'three'])
  t.strictSame(show('{"_INFO": ["said"], "main": {}}', '', { format: 'json', state: 'succeeded' }), ['said'], 'of a document what it says')
  t.strictSame(show('{"_INFO": ["sa', '', { format: 'json', state: 'running' }), ['{"_INFO": ["sa'], 'until then what there is')
})
