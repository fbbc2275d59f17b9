import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** What a webhook may not reach: this machine itself, its links, everybody at once, and where clouds hand out credentials. */
const REFUSED_4: ReadonlyArray<readonly [network: string, bits: number]> = [
  ['0.0.0.0', 8], // Linux takes it for this machine
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3], // multicast, reserved, broadcast
  ['100.100.100.200', 32], // metadata at Alibaba, Oracle and Azure; the others' is link-local
  ['192.0.0.192', 32],
  ['168.63.129.16', 32]
]
const REFUSED_6: ReadonlyArray<readonly [network: string, bits: number]> = [
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128], // metadata at Amazon
  ['2001::', 32] // Teredo: an IPv4 address is in it, scrambled
]
/** Where an IPv6 address carries an IPv4 one at its end: compatible, mapped, translated, NAT64. `::` and `::1` are among them. */
const CARRIERS = ['::', '::ffff:', '::ffff:0:', '64:ff9b::'] as const

const refused = new BlockList()
for (const [network, bits] of REFUSED_4) {
  refused.addSubnet(network, bits, 'ipv4')
  for (const carrier of CARRIERS) refused.addSubnet(`${carrier}${network}`, 96 + bits, 'ipv6')
  refused.addSubnet(`2002:${hexOf(network)}::`, 16 + bits, 'ipv6') // 6to4
}
for (const [network, bits] of REFUSED_6) refused.addSubnet(network, bits, 'ipv6')

/** Whether an address is one that webhooks reach with `allow_local` only. What is no address counts as one. */
export function isLocal (address: string): boolean {
  const plain = address.replace(/%.*$/, '') // the zone of a link-local one
  const family = isIP(plain)
  return family === 0 || refused.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** Whether a URL's host alone tells that it is local; other names are judged by what they resolve to. `URL` has made every spelling of an address plain. */
export function namesLocal ({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return isIP(host) === 0 ? /^(?:.+\.)?localhost$/.test(host) : isLocal(host)
}

/** Resolves a name for the connection that is being made, and fails where any of its addresses is local: nothing is resolved twice. */
export const lookupRemote: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? []
    if (error || first === undefined) callback(error ?? new Error(`${hostname} has no address`), '')
    else if (addresses.some(({ address }) => isLocal(address))) callback(refusal(), '')
    else if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

/** Why an attempt was not made. */
export function refusal (): Error {
  return new Error('refused: a loopback or link-local address, which takes allow_local = true')
}

function hexOf (network: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}
