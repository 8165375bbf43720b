import { expect, it } from 'vitest'
import { startServer } from './kit.js'

// A file of its own: a client loads the code of runs with the first run of the process.
it('moves the clock once the first run has begun', async () => {
  const { server, signals } = startServer()
  const run = server.client().count({ to: 0 })
  await server.clock.advance(0)
  expect(signals).toHaveLength(1)
  run[Symbol.dispose]()
})
