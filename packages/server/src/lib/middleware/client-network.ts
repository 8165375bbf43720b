/** The number of 16-bit groups of an IPv6 address that identify a network. */
const networkGroups = 4

/**
 * Returns the part of an address that identifies a client: an IPv4 address, or the first 64 bits of an IPv6 address. A
 * client has all 2^64 addresses of an IPv6 network. Other texts stay as they are.
 */
export function clientNetwork(address: string): string {
  const [, embedded] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (embedded !== undefined) return embedded
  if (!/^[\da-f]*:[\da-f]*:[\da-f:.]*(%.*)?$/i.test(address)) return address
  const [head = '', tail] = address.split('::')
  const groups = head.split(':')
  // What follows "::" begins in the second half, or after zeros.
  const after = tail === undefined ? [] : tail.split(':')
  while (tail !== undefined && groups.length + after.length < 2 * networkGroups) groups.push('0')
  const network = [...groups, ...after].slice(0, networkGroups)
  return `${network.map((group) => Number.parseInt(group || '0', 16).toString(16)).join(':')}::/64`
}
