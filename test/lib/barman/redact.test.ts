import fc from 'fast-check'
import t from 'tap'
import { REDACTION_MASK as MASK, redact, redactDeep, Redactor } from '../../../lib/barman/redact.ts'

const TOKEN = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJtZW1pbiJ9.c2lnbmF0dXJl-_8'

const SPELLINGS: ReadonlyArray<readonly [spelling: string, shown: string]> = [
  ['host=pg password=hush user=x', `host=pg password=${MASK} user=x`],
  ['PassWord \t=  hush user=x', `PassWord \t=  ${MASK} user=x`],
  ["password='hu sh' user=x", `password='${MASK}' user=x`],
  ["password='hu\\'sh' user=x", `password='${MASK}' user=x`],
  ["password='hush\\\\' user=x", `password='${MASK}`], // in JSON an escaped quotation mark looks the same: in doubt more is masked
  ['password="hu sh" user=x', `password="${MASK}" user=x`],
  ['password="hu \\" sh" user=x', `password="${MASK}" user=x`],
  ["password='never closed, and on", `password='${MASK}`],
  ['password=hu\\ sh user=x', `password=${MASK} user=x`],
  ['password=hu"sh\'s user=x', `password=${MASK} user=x`],
  ['sslpassword=hush sslmode=x', `sslpassword=${MASK} sslmode=x`],
  ['"host=pg password=hush" is not a valid connection string', `"host=pg password=${MASK}" is not a valid connection string`],
  ['PGPASSWORD=hush pg_receivewal', `PGPASSWORD=${MASK} pg_receivewal`],
  ["PGPASSWORD='it'\\''s hush' pg_receivewal", `PGPASSWORD='${MASK}' pg_receivewal`],
  ['postgresql://barman:hush@pg:5432/db', `postgresql://barman:${MASK}@pg:5432/db`],
  ['postgres://barman:hu%40sh%3A@pg/db', `postgres://barman:${MASK}@pg/db`],
  ['postgres://barman:hu@sh@pg/db?x=a@b', `postgres://barman:${MASK}@pg/db?x=a@b`],
  ['postgres://barman:hu/sh@pg/db', `postgres://barman:${MASK}@pg/db`],
  ['postgres://postgres:postgres@pg/postgres', `postgres://postgres:${MASK}@pg/postgres`],
  ['postgresql://:hush@pg', `postgresql://:${MASK}@pg`],
  ['postgresql://barman@pg/db?password=hush&sslmode=require', `postgresql://barman@pg/db?password=${MASK}&sslmode=require`],
  ['"postgresql:\\/\\/barman:hush@pg"', `"postgresql:\\/\\/barman:${MASK}@pg"`],
  ['?conninfo=host%3Dpg%20password%3Dhu%20user%3Dx', `?conninfo=host%3Dpg%20password%3D${MASK}%20user%3Dx`],
  ['?conninfo=postgresql%3A%2F%2Fbarman%3Ahush%40pg', `?conninfo=postgresql%3A%2F%2Fbarman%3A${MASK}%40pg`],
  ['https://user:hush@proxy:8080/', `https://user:${MASK}@proxy:8080/`],
  ['{"password": "hu\\"sh", "user": "x"}', `{"password": "${MASK}", "user": "x"}`],
  ['{"password":1234,"user":"x"}', `{"password":"${MASK}","user":"x"}`],
  ["{'password': 'hush', 'user': 'x'}", `{'password': '${MASK}', 'user': 'x'}`],
  [JSON.stringify([JSON.stringify({ passphrase: 'hu"sh', user: 'x' })]), `["{\\"passphrase\\":\\"${MASK}\\",\\"user\\":\\"x\\"}"]`],
  [JSON.stringify({ conninfo: "password='hu sh\\'s' user=x", next: 1 }), `{"conninfo":"password='${MASK}' user=x","next":1}`],
  ['Authorization: Bearer hush', `Authorization: Bearer ${MASK}`],
  ['{"authorization":"Basic aHVzaA==","user":"x"}', `{"authorization":"Basic ${MASK}","user":"x"}`],
  ['GET /barman/status?token=hush&server_name=main HTTP/1.1', `GET /barman/status?token=${MASK}&server_name=main HTTP/1.1`],
  [`who sent ${TOKEN}?`, `who sent ${MASK}?`]
]

const HARMLESS = [
  'archiver=on', 'password_encryption = scram-sha-256', 'encryption_passphrase_command = gpg --decrypt', 'token_life = 3600',
  'FATAL:  password authentication failed for user "barman"', "password='' user=x", 'password=', 'the password is wrong', '"password": null',
  'postgresql://barman@pg:5432/db', 'postgresql://pg:5432/db?options=a@b', 'postgres://a:5432,b:5433/db?x=y@z', 'http://[::1]:1935/docs#a@b',
  '{"url":"postgres://pg","mail":"a@b"}', '{"url":"postgres://pg:5432","mail":"a@b"}',
  'no tokens here, 5 of them', 'primary_key = id', 'heyJude.configuration', 'Basic authorization', '', MASK
]

t.test('every spelling is masked, and only the secret', async (t) => {
  for (const [spelling, shown] of SPELLINGS) {
    t.equal(redact(spelling), shown, spelling)
    t.equal(redact(shown), shown, 'twice is once')
  }
})

t.test('what only looks like a secret is left alone', async (t) => {
  for (const text of HARMLESS) t.equal(redact(text), text, text)
})

t.test('a secret ends with its line', async (t) => {
  for (const [spelling, shown] of SPELLINGS) t.equal(redact(`a\n${spelling}\r\nb=c 'd'`), `a\n${shown}\r\nb=c 'd'`)
})

t.test('values are masked by what they say and by the names they have', async (t) => {
  t.same(redactDeep({
    main: { conninfo: 'host=pg password=hush', sslpassword: 'x', port: 5432, archiver: true, aws_sse_customer_key: 'k' },
    list: ['password=a', ['postgres://u:p@h'], null],
    PGPASSWORD: 7,
    client_secret: ['a', ''],
    passphrase: null,
    'password=a': 1,
    token: { value: 'hush', source: '/etc/barman.conf' },
    auth_token: { token_life: 3600, secret: 's' },
    headers: { Authorization: 'x', cookie: 'y' }
  }), {
    main: { conninfo: `host=pg password=${MASK}`, sslpassword: MASK, port: 5432, archiver: true, aws_sse_customer_key: MASK },
    list: [`password=${MASK}`, [`postgres://u:${MASK}@h`], null],
    PGPASSWORD: MASK,
    client_secret: [MASK, ''],
    passphrase: null,
    [`password=${MASK}`]: 1,
    token: { value: MASK, source: '/etc/barman.conf' },
    auth_token: { token_life: 3600, secret: MASK },
    headers: { Authorization: MASK, cookie: MASK }
  })
  const hostile = redactDeep(JSON.parse('{"__proto__":{"password":"hush"}}')) as object
  t.equal(JSON.stringify(hostile), `{"__proto__":{"password":"${MASK}"}}`)
  t.equal(Object.getPrototypeOf(hostile), Object.prototype)
  const now = new Date(0)
  t.equal(redactDeep({ now }).now, now, 'what is no JSON stays what it is')
})

const secret = fc.stringMatching(/^[a-zA-Z0-9!$%*+,./:;<>^_{|}~()[\]-]{8,40}$/).filter((text) => !text.includes('%'))
const spelled = fc.tuple(secret, fc.constantFrom(
  (s: string) => `password=${s} user=x`, (s: string) => `PASSWORD = '${s} a' x`, (s: string) => `Password="${s} a" x`,
  (s: string) => `{"password": ${JSON.stringify(s)}}`, (s: string) => JSON.stringify({ conninfo: `password='${s} \\'b' x` }),
  (s: string) => `postgresql://u:${encodeURIComponent(s)}@h/d ${encodeURIComponent(s) === s ? '' : '-'}`, (s: string) => `PGPASSWORD=${s} psql`,
  (s: string) => `x?token=${encodeURIComponent(s)}&y`, (s: string) => `Authorization: Bearer ${Buffer.from(s).toString('base64url')}`
))
const filler = fc.constantFrom(' ', '\n', '\r\n', ', ', 'archiver=on ', 'x\\', '"', "'", '{"a":', 'password', '=', '@', 'é\u{1f600}', 'postgres://', 'eyJ')
const soup = fc.array(fc.oneof(filler, spelled.map(([s, spell]) => spell(s)), fc.constant(TOKEN), fc.string()), { maxLength: 12 }).map((parts) => parts.join(''))

t.test('no spelled secret survives', async () => {
  fc.assert(fc.property(spelled, fc.constantFrom('', 'x ', '"', 'barman: ', '{"k":"v"} '), ([s, spell], before) => {
    const shown = redact(before + spell(s))
    return !shown.includes(s) && !shown.includes(encodeURIComponent(s)) && shown.includes(MASK)
  }))
})

t.test('redacting twice changes nothing more', async () => {
  fc.assert(fc.property(soup, (text) => redact(redact(text)) === redact(text)), { numRuns: 1_000 })
})

t.test('pieces say the same as the whole, wherever they are cut', async () => {
  fc.assert(fc.property(soup, fc.array(fc.nat(20), { maxLength: 40 }), (text, sizes) => inPieces(text, sizes) === redact(text)), { numRuns: 1_000 })
})

t.test('every cut through every spelling keeps the secret', async (t) => {
  for (const [spelling, shown] of SPELLINGS) {
    for (let at = 0; at <= spelling.length; at++) {
      if (inPieces(spelling, [at]) !== shown) t.fail(`${spelling} cut at ${at}`)
    }
  }
  t.equal(inPieces('a\npassword=hush\nb', [3, 4]), `a\npassword=${MASK}\nb`)
})

t.test('whole lines leave at once', async (t) => {
  const redactor = new Redactor()
  t.equal(redactor.push('one\ntwo pass'), 'one\n')
  t.equal(redactor.push('word=hu'), '')
  t.equal(redactor.push('sh\rthree'), `two password=${MASK}\r`)
  t.equal(redactor.end(), 'three')
  t.equal(redactor.end(), '')
})

t.test('a line without an end leaves too, and keeps its secrets', async (t) => {
  const entry = `{"conninfo":"host=pg password=hush user=x","path":"${'p'.repeat(600)}\u{1f600}"},`
  const line = entry.repeat(500)
  const redactor = new Redactor()
  let shown = ''
  let longestWait = 0
  for (let at = 0; at < line.length; at += 1_001) {
    shown += redactor.push(line.slice(at, at + 1_001))
    longestWait = Math.max(longestWait, at + 1_001 - shown.length)
  }
  t.ok(longestWait < 80_000, 'in bounded memory')
  t.equal(shown + redactor.end(), redact(line))
  t.notMatch(shown, /hush/)
})

t.test('a secret without an end is masked to the end of its line', async (t) => {
  const redactor = new Redactor()
  let shown = redactor.push("a password='")
  for (let count = 0; count < 200; count++) shown += redactor.push('hush'.repeat(250))
  t.equal(shown + redactor.push("hush' user=x\nnext\n") + redactor.end(), `a password='${MASK}\nnext\n`)
})

t.test('a hostile megabyte takes no more time a character than a small text', async (t) => {
  const units = ['password', "password='", "password='\\", 'password=', 'password ', "''", "password='''", '\\', 'password=\\', '"password":"', '\\"password\\":\\"',
    'postgres://', 'postgres://u:', 'postgres://u:p@', '://u:', '@', 'eyJ', 'eyJaaaaa.', '-eyJaaaaaa', 'eyJaaaaa.eyJ', 'Authorization: ', '?token=', 'password%3D',
    'postgres%3A%2F%2F', 'postgres%3A%2F%2Fu%3A', 'token"', ' ', 'a', 'a:']
  for (const unit of units) {
    const text = unit.repeat(1_000_000 / unit.length)
    const startedAt = performance.now()
    const shown = redact(text)
    t.ok(performance.now() - startedAt < 10_000, `${unit}: quadratic time would take minutes`)
    t.equal(redact(shown).length, shown.length, `${unit}: idempotent`)
  }
})

function inPieces (text: string, sizes: readonly number[]): string {
  const redactor = new Redactor()
  let shown = ''
  let at = 0
  for (const size of sizes) shown += redactor.push(text.slice(at, at += size))
  return shown + redactor.push(text.slice(at)) + redactor.end()
}
