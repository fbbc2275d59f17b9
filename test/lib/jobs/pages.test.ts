import fc from 'fast-check'
import t from 'tap'
import { REDACTION_MASK, redact } from '../../../lib/barman/redact.ts'
import { cutPage, MARGIN_BYTES, PAGE_BYTES } from '../../../lib/jobs/pages.ts'

/** Reads a whole stream in pages, as a client does that goes on at `nextOffset`. */
function readAll (stream: Buffer, limit: number, first = 0): { texts: string[], offsets: number[] } {
  const texts: string[] = []
  const offsets = [first]
  for (let offset = first; offset < stream.length; offset = offsets.at(-1) ?? 0) {
    const start = Math.max(0, offset - MARGIN_BYTES)
    const bytes = stream.subarray(start, offset + limit + MARGIN_BYTES)
    const isEnd = start + bytes.length === stream.length
    const { text, length } = cutPage({ bytes, from: offset - start, to: offset - start + limit, isEnd })
    if (length === 0) throw new Error(`stands still at ${offset}`)
    texts.push(text)
    offsets.push(offset + length)
  }
  return { texts, offsets }
}

t.test('pages joined are the stream, redacted, whatever their size', async (t) => {
  const line = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constant('conninfo = host=pg password=s3cr3tPW dbname=x'), fc.constant('Grüße, 世界 🐘'))
    .map((text) => text.replaceAll(/\p{Cc}/gu, ' '))
  fc.assert(fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 1024, max: 4096 }), (lines, limit) => {
    const text = lines.map((each) => `${each}\n`).join('')
    return readAll(Buffer.from(text), limit).texts.join('') === redact(text)
  }), { numRuns: 200 })
})

t.test('one line longer than a page is cut between characters, and outside of secrets', async (t) => {
  const text = '🐘'.repeat(100_000) + ' password=' + 's3cr3t'.repeat(500) + ' ' + 'é'.repeat(50_000)
  for (const limit of [1024, 4096, PAGE_BYTES]) {
    const { texts } = readAll(Buffer.from(text), limit)
    t.notMatch(texts.join(''), /s3cr3t|\ufffd/)
    t.match(texts.join(''), REDACTION_MASK)
    t.equal([...texts.join('')].filter((each) => each === '🐘').length, 100_000, 'nothing else is lost')
  }
})

t.test('an offset that a caller made up never shows a secret without its name', async (t) => {
  const text = `one\nhost=pg password=${'s3cr3tPW'.repeat(20)} dbname=x\nlast\n`
  const stream = Buffer.from(text)
  for (let offset = 0; offset < stream.length; offset++) {
    const { texts } = readAll(stream, 1024, offset)
    if (/s3cr3t|PW|cr3t/.test(texts.join(''))) t.fail(`offset ${offset} shows ${texts.join('')}`)
  }
  t.pass(`${stream.length} offsets tried`)
})

t.test('a line that is still being written waits for its end', async (t) => {
  const bytes = Buffer.from('first\nsecond')
  t.same(cutPage({ bytes, from: 0, to: 1024, isEnd: false }), { text: 'first\n', length: 6 })
  t.same(cutPage({ bytes, from: 6, to: 1030, isEnd: false }), { text: '', length: 0 })
  t.same(cutPage({ bytes, from: 6, to: 1030, isEnd: true }), { text: 'second', length: 6 })
})

t.test('colors are removed', async (t) => {
  const bytes = Buffer.from('\u001b[31mred\u001b[0m\n')
  t.same(cutPage({ bytes, from: 0, to: 1024, isEnd: true }), { text: 'red\n', length: bytes.length })
})
