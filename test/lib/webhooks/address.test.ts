import { promisify } from 'node:util'
import t from 'tap'
import { isLocal, lookupRemote, namesLocal } from '../../../lib/webhooks/address.ts'
import { post } from '../../../lib/webhooks/post.ts'
import { event, receive, webhook } from './support.ts'

const LOCAL = [
  '127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '0x7f.1', '0x7f000001', '0x7F.0x0.0x0.0x1', '2130706433', '017700000001', '0177.0.0.1', '0177.1', '127.0.0.1.',
  '%31%32%37.0.0.1', '１２７.０.０.１', '127。0。0。1', '0', '0.0.0.0', '0.1.2.3', '[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::127.0.0.1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::FFFF:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]', '[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '[2001::1]', '169.254.169.254', '169.254.0.1', '0xa9fea9fe', '2852039166', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[64:ff9b::a9fe:a9fe]',
  '[fe80::1]', '[FE80::1]', '[febf::1]', '[fec0::1]', '[fd00:ec2::254]', '[ff02::1]', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '100.100.100.200', '192.0.0.192', '168.63.129.16',
  'localhost', 'LOCALHOST', 'localhost.', 'a.localhost'
]
const REMOTE = ['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', '8.8.8.8', '128.0.0.1', '126.255.255.255', '169.253.255.255', '169.255.0.1', '1.0.0.0', '223.255.255.255', '[fd00::1]', '[2a00:1450::1]', '[fe00::1]', '[2002:808:808::]', '[64:ff9b::808:808]', '[::ffff:10.0.0.1]', 'example.com', 'localhost.example.com', 'notlocalhost']

t.test('every spelling of a local address is known, and private networks are none', async (t) => {
  for (const host of LOCAL) t.equal(namesLocal(new URL(`http://${host}/`)), true, host)
  for (const host of REMOTE) t.equal(namesLocal(new URL(`https://${host}:8443/`)), false, host)
  for (const address of ['fe80::1%eth0', '', 'nonsense', '127.1']) t.equal(isLocal(address), true, `what a resolver would never say: ${address}`)
})

t.test('the connection itself resolves the name, and refuses what is local', async (t) => {
  const look = promisify(lookupRemote)
  for (const options of [{}, { all: true }, { family: 4 }]) await t.rejects(look('localhost', options), { message: /^refused: a loopback/ })
  await t.rejects(look('no-such-name.invalid', { all: true }), { code: /^E/ })
})

t.test('no byte is sent to a local address, in whatever spelling', async (t) => {
  const { url, received } = await receive(t)
  const { port } = new URL(url)
  const signal = new AbortController().signal
  for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost', '0', '0177.1']) {
    await t.rejects(post(webhook(`http://${host}:${port}/`, { allowLocal: false }), event(), { timeoutMs: 5000, signal }), { message: /^refused/ }, host)
  }
  t.same(received, [])
  t.match(await post(webhook(`http://localhost:${port}/`), event(), { timeoutMs: 5000, signal }), { status: 204 }, 'with allow_local it is')
})
