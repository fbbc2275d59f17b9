import { isIPv6 } from 'node:net'

/** What one caller holds: an IPv4 address, or the /64 of an IPv6 one, for its owner may take any address in it. */
export function networkOf (address: string): string {
  const plain = address.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  return isIPv6(plain) ? `${groupsOf(plain).slice(0, 4).join(':')}::/64` : plain
}

/** All eight groups without leading zeros; what an IPv4 tail holds lies below the /64 and is not told apart. */
function groupsOf (address: string): string[] {
  const [head = '', tail] = address.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0').split('::')
  const groups = (text: string | undefined) => text ? text.split(':').map((group) => Number.parseInt(group, 16).toString(16)) : []
  const [before, after] = [groups(head), groups(tail)]
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}
