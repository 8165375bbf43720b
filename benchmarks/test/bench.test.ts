import { expect, test } from 'vitest'
import { measureFlow } from '../src/lib/measure.js'
import { fanOut } from '../src/lib/scenario.js'

const scenario = fanOut({
  name: 'smoke',
  title: '50 connections, 5 events a turn',
  connections: 50,
  burst: 5,
  extent: { warmUpMs: 100, measuredMs: 100 },
})

// The bench measures the build. Times depend on the machine and are not asserted.
test.each(['hand-written', 'tidings', 'hono-tidings', 'bun-tidings', 'deno-tidings'])(
  '%s delivers every event to every connection, once and in order',
  async (subject) => {
    const sample = await measureFlow(subject, scenario)
    expect(sample.deliveries).toBeGreaterThanOrEqual(2 * 5 * 50)
    expect(sample.deliveries % (5 * 50)).toBe(0)
    expect(sample).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0 })
  },
)

test('rejects an unknown subject, and leaves no process behind', async () => {
  await expect(measureFlow('nobody', scenario)).rejects.toThrow(/nobody could not start/)
})
