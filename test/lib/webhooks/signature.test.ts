import t from 'tap'
import { readSecrets, sign } from '../../../lib/webhooks/signature.ts'

// Made by hand, in a shell:
//   printf %s 'evt_1.1700000000.{"type":"job.failed"}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(echo $KEY | base64 -d | od -An -tx1 | tr -d ' \n') -binary | base64
const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const OTHER = 'YmFybWFuYXBpLXRlc3Qtc2VjcmV0LTMyLWJ5dGVzISE='
const SIGNATURE = 'pfCOC+mFlKPzmC9/ugvg3JIhurO+N5qE+GNfxb2h/vk='
const OTHER_SIGNATURE = 'x8oMmpXQIenql79DUuf1dbmD8OR59OgfVbVxeUSnWC0='

function secrets (text: string): readonly Buffer[] {
  const read = readSecrets(text)
  return 'fault' in read ? [] : read
}

t.test('a message is signed as openssl signs it, once with each secret', async (t) => {
  const body = '{"type":"job.failed"}'
  const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': '1700000000' }
  t.strictSame(sign(secrets(`whsec_${KEY}`), 'evt_1', 1_700_000_000, body), { ...headers, 'webhook-signature': `v1,${SIGNATURE}` })
  t.strictSame(sign(secrets(`${KEY}  whsec_${OTHER}`), 'evt_1', 1_700_000_000, body), { ...headers, 'webhook-signature': `v1,${SIGNATURE} v1,${OTHER_SIGNATURE}` })
})

t.test('the vector of the specification is met', async (t) => {
  const [key] = secrets('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  t.equal(key?.length, 24)
  t.equal(sign([key ?? Buffer.alloc(0)], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}')['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

t.test('a secret is 24 to 64 bytes of base64, or a fault', async (t) => {
  for (const bytes of [24, 32, 64]) t.equal(secrets(Buffer.alloc(bytes, 7).toString('base64'))[0]?.length, bytes)
  for (const text of ['', ' ', 'short', 'whsec_', Buffer.alloc(23).toString('base64'), Buffer.alloc(65).toString('base64'), `${KEY} short`, `${KEY.slice(0, -1)}!=`, `${KEY.slice(0, 20)}-${KEY.slice(21)}`, 'not base64, but a sentence of sufficient length']) {
    t.match(readSecrets(text), { fault: /^must be base64 of 24 to 64 bytes/ }, JSON.stringify(text))
  }
})
