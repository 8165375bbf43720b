import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { memoryBus } from '../../src/index.js'
import { busSuite } from '../../src/testing.js'

describe('the bus in memory', () => {
  const first = memoryBus()
  for (const { name, run } of busSuite({ connect: () => memoryBus({ shareWith: first }) })) it(name, run)
})

it('a topic without events is forgotten within minutes, unless it is in use', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const bus = memoryBus()
  const keep = { size: 10, ms: 60_000 }
  const epochOf = async (topic: string) => (await bus.read(topic, keep)).epoch
  await bus.append('with events', 'event: tested\ndata: 1\n\n', keep)
  const topics = ['left', 'with events', 'in use']
  const before = await Promise.all(topics.map(epochOf))
  for (let minutes = 1; minutes <= 4; minutes += 1) {
    vi.setSystemTime(Date.now() + bus.keepAliveMs)
    await epochOf('in use')
  }
  const after = await Promise.all(topics.map(epochOf))
  expect(topics.filter((_, n) => after[n] !== before[n])).toEqual(['left'])
})
