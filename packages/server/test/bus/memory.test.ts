import { describe, it } from 'vitest'
import { memoryBus } from '../../src/index.js'
import { busSuite } from '../../src/testing.js'

describe('the bus in memory', () => {
  const first = memoryBus()
  for (const { name, run } of busSuite({ connect: () => memoryBus({ shareWith: first }) })) it(name, run)
})
