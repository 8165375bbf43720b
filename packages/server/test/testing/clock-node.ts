import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestServer } from '../../src/testing.js'
import { scenarios } from './clock-scenarios.js'
import { contract } from './contract.js'

// Run by clock.test.ts, with `node --test`.

const apis = ['setTimeout', 'setInterval', 'Date'] as const
const handlers = {
  room: { snapshot: () => ({ messages: [] }) },
  send: () => ({ sentAt: new Date() }),
  count: async () => ({ total: 0 }),
}

for (const [name, run] of Object.entries(scenarios)) {
  test(name, async (t) => {
    t.mock.timers.enable({ apis: [...apis] })
    await run(t.mock.timers)
  })
}

test('says how to give the timers to the server', async (t) => {
  t.mock.timers.enable({ apis: [...apis] })
  const server = createTestServer(contract, handlers)
  await assert.rejects(
    server.clock.advance(1),
    /createTestServer\(contract, \{ clock: t\.mock\.timers \}, handlers\)/,
  )
  await server.close()
})

test('says that Date has to be mocked as well', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const server = createTestServer(contract, { clock: t.mock.timers }, handlers)
  await assert.rejects(server.clock.advance(60_000), /Fake Date as well/)
  await server.close()
})

test('restores performance.now() when two servers are closed in the order they were made', async (t) => {
  const { now } = performance
  t.mock.timers.enable({ apis: [...apis] })
  const options = { clock: t.mock.timers }
  const [first, second] = [
    createTestServer(contract, options, handlers),
    createTestServer(contract, options, handlers),
  ]
  await first.close()
  await second.close()
  assert.equal(performance.now, now)
})
