import assert from 'node:assert/strict'
import type { Bus, BusEvent } from '../bus.js'
import type { BusTest, DefineTest } from './bus-test.js'
import { body, keep, newTopic, plain, readAll } from './events.js'
import { pause, until } from './waiting.js'

/** Tests of the updates that listeners receive. */
export const listeningTests = (test: DefineTest): readonly BusTest[] => [
  test('notifies listeners of each append, with its position and in order', 2, async (one, other) => {
    const topic = newTopic()
    const { epoch } = await one.read(topic, keep)
    const received: [Bus, BusEvent[]][] = [
      [one, []],
      [other, []],
    ]
    for (const [member, events] of received) {
      await member.listen(topic, (update) => {
        assert.equal(update.epoch, epoch)
        events.push(...update.events)
      })
    }
    await Promise.all(Array.from({ length: 50 }, (_, n) => one.append(topic, body(n), keep)))
    const events = await readAll(other, topic, { epoch, seq: 0 })
    for (const [, delivered] of received) {
      await until(() => delivered.length === 50, 'all 50 events arrived')
      assert.deepEqual(plain(delivered), plain(events))
    }
  }),

  test('stops notifying a listener once it has left, and notifies the others', 2, async (one, other) => {
    const topic = newTopic()
    const received: string[] = []
    const stop = await one.listen(topic, () => received.push('stopped'))
    await one.listen(topic, () => received.push('same member'))
    await other.listen(topic, () => received.push('other member'))
    stop()
    stop()
    await one.append(topic, body(1), keep)
    await until(() => received.length >= 2, 'both listeners were notified')
    await pause(50)
    assert.deepEqual(received.sort(), ['other member', 'same member'])
  }),

  test('misses no append between listen and read', 2, async (one, other) => {
    const topic = newTopic()
    const { epoch } = await one.read(topic, keep)
    let isDone = false
    const appending = (async () => {
      for (let n = 0; !isDone; n += 1) {
        await one.append(topic, body(n), keep)
        if (n % 10 === 0) await pause(1)
      }
    })()
    for (let n = 0; n < 10; n += 1) {
      const received: number[] = []
      const stop = await other.listen(topic, ({ events }) => received.push(...events.map(({ seq }) => seq)))
      const { head } = await other.read(topic, keep)
      await until(() => (received.at(-1) ?? 0) > head + 3, 'an update arrived')
      stop()
      const next = received.filter((seq) => seq > head)
      assert.deepEqual(
        next,
        next.map((_, index) => head + 1 + index),
      )
    }
    isDone = true
    await appending
    assert.equal((await one.read(topic, keep)).epoch, epoch)
  }),
]
