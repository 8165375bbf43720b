import { expect, it } from 'vitest'
import { clientNetwork } from './client-network.js'

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:5000', '192.0.2.1:5000'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
  ['2001::db8:1:2:3:4:5', '2001:0:db8:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['a unix socket', 'a unix socket'],
  ['', ''],
])('knows the client with the address %j by %j', (address, network) => {
  expect(clientNetwork(address)).toBe(network)
})
