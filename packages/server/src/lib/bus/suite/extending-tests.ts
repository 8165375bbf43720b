import assert from 'node:assert/strict'
import type { BusEvent } from '../bus.js'
import type { BusTest, DefineTest } from './bus-test.js'
import { body, keep, newTopic, plain } from './events.js'
import { until } from './waiting.js'

/** Tests of logs that are extended at a position. */
export const extendingTests = (test: DefineTest): readonly BusTest[] => [
  test('appends events behind a position, and notifies listeners', 2, async (one, other) => {
    const topic = newTopic()
    const { epoch } = await one.read(topic, keep)
    const received: BusEvent[] = []
    await other.listen(topic, (update) => {
      assert.equal(update.epoch, epoch)
      received.push(...update.events)
    })
    assert.equal(await one.extend(topic, { epoch, seq: 0 }, [body(1), body(2)], keep), true)
    assert.equal(await other.extend(topic, { epoch, seq: 2 }, [body('x'.repeat(100_000))], keep), true)
    await until(() => received.length === 3, 'all events arrived')
    const { head, events } = await one.read(topic, keep, { epoch, seq: 0 })
    assert.equal(head, 3)
    assert.deepEqual(plain(received), plain(events))
    assert.deepEqual(plain(events), [
      [1, body(1)],
      [2, body(2)],
      [3, body('x'.repeat(100_000))],
    ])
  }),

  test('appends nothing elsewhere than behind the last event', 2, async (one, other) => {
    const topic = newTopic()
    const { epoch } = await one.read(topic, keep)
    await one.extend(topic, { epoch, seq: 0 }, [body(1), body(2)], keep)
    const refused = [
      [{ epoch, seq: 0 }, [body('another')]],
      [{ epoch, seq: 0 }, [body(1), body('another')]],
      [{ epoch, seq: 1 }, [body(2), body(3)]],
      [{ epoch, seq: 3 }, [body(3)]],
      [{ epoch: 'another', seq: 2 }, [body(3)]],
    ] as const
    for (const [after, bodies] of refused) {
      assert.equal(await other.extend(topic, after, bodies, keep), false)
    }
    assert.equal(await other.extend(newTopic(), { epoch, seq: 0 }, [body(1)], keep), false)
    const { head, events } = await one.read(topic, keep, { epoch, seq: 0 })
    assert.equal(head, 2)
    assert.deepEqual(plain(events), [
      [1, body(1)],
      [2, body(2)],
    ])
  }),

  test('appends events once that are sent again', 2, async (one, other) => {
    const topic = newTopic()
    const { epoch } = await one.read(topic, keep)
    const send = () => one.extend(topic, { epoch, seq: 0 }, [body(1), body(2)], keep)
    assert.deepEqual(await Promise.all([send(), send()]), [true, true])
    await other.extend(topic, { epoch, seq: 2 }, [body(3)], keep)
    assert.equal(await send(), true)
    const { head, events } = await other.read(topic, keep, { epoch, seq: 0 })
    assert.equal(head, 3)
    assert.deepEqual(plain(events), [
      [1, body(1)],
      [2, body(2)],
      [3, body(3)],
    ])
    await one.drop(topic, { epoch, seq: 1 })
    assert.equal(await send(), false)
  }),

  test('lets one of several writers extend a log', 4, async (...members) => {
    const topic = newTopic()
    const [one] = members
    const { epoch } = (await one?.read(topic, keep)) ?? { epoch: '' }
    const won = await Promise.all(
      members.map((member, m) => member.extend(topic, { epoch, seq: 0 }, [body(m)], keep)),
    )
    assert.equal(won.filter(Boolean).length, 1)
    const page = await one?.read(topic, keep, { epoch, seq: 0 })
    assert.deepEqual(plain(page?.events ?? []), [[1, body(won.indexOf(true))]])
  }),
]
