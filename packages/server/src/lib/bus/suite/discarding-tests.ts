import assert from 'node:assert/strict'
import type { Bus } from '../bus.js'
import type { BusTest, DefineTest } from './bus-test.js'
import { body, keep, newTopic, plain, readAll } from './events.js'
import { pause } from './waiting.js'

const all = { size: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }

/** Tests of logs that are discarded, whole or from their beginning. */
export const discardingTests = (test: DefineTest): readonly BusTest[] => [
  test('discards a log at its end, however it is used meanwhile', 2, async (one, other) => {
    const [topic, another] = [newTopic(), newTopic()]
    const first = await fill(one, [topic, another])
    await other.expire(topic, 300)
    assert.deepEqual(plain(await readAll(one, topic, { epoch: first, seq: 0 }, all)), [
      [1, body(1)],
      [2, body(2)],
    ])
    await one.append(topic, body(3), all)
    assert.equal((await other.read(topic, keep, { epoch: first, seq: 0 })).head, 3)
    await pause(500)
    const page = await one.read(topic, all, { epoch: first, seq: 0 })
    assert.notEqual(page.epoch, first)
    assert.deepEqual({ head: page.head, events: page.events }, { head: 0, events: [] })
    assert.equal((await one.read(another, all)).head, 2)
  }),

  test('discards a log that was never read or has no event', 1, async (bus) => {
    const [unread, eventless] = [newTopic(), newTopic()]
    await bus.append(unread, body(1), all)
    const { epoch } = await bus.read(eventless, all)
    for (const topic of [unread, eventless]) await bus.expire(topic, 200)
    await bus.append(unread, body(2), all)
    assert.equal((await bus.read(eventless, all)).epoch, epoch)
    await pause(400)
    assert.equal((await bus.read(unread, all)).head, 0)
    assert.notEqual((await bus.read(eventless, all)).epoch, epoch)
  }),

  test('discards a log at the end that was set last', 2, async (one, other) => {
    const [later, sooner] = [newTopic(), newTopic()]
    const first = await fill(one, [later, sooner])
    await one.expire(later, 200)
    await other.expire(later, 60_000)
    await one.expire(sooner, 60_000)
    await other.expire(sooner, 200)
    await pause(400)
    assert.equal((await one.read(later, all, { epoch: first, seq: 0 })).events.length, 2)
    assert.equal((await one.read(sooner, all)).head, 0)
  }),

  test('sets no end for a log that begins later', 1, async (bus) => {
    const topic = newTopic()
    await bus.expire(topic, 200)
    await fill(bus, [topic])
    await pause(400)
    assert.equal((await bus.read(topic, all)).head, 2)
    await bus.expire(topic, 1)
    await pause(50)
    await fill(bus, [topic])
    await pause(50)
    assert.equal((await bus.read(topic, all)).head, 2)
  }),

  test('drops the events up to a position, and continues behind the others', 2, async (one, other) => {
    const topic = newTopic()
    const { epoch } = await one.read(topic, all)
    const append = async (from: number, to: number) => {
      for (let n = from; n <= to; n += 1) await one.append(topic, body(n), all)
    }
    const read = async (seq: number) =>
      (await other.read(topic, all, { epoch, seq })).events.map((event) => event.seq)
    await append(1, 5)
    await other.drop(topic, { epoch: 'another', seq: 5 })
    await other.drop(topic, { epoch, seq: 2 })
    await other.drop(topic, { epoch, seq: 1 })
    assert.deepEqual(await read(1), [])
    assert.deepEqual(await read(2), [3, 4, 5])
    await other.drop(topic, { epoch, seq: 5 })
    assert.deepEqual(await read(4), [])
    await append(6, 7)
    assert.deepEqual(await read(4), [])
    assert.deepEqual(await read(5), [6, 7])
    await one.drop(newTopic(), { epoch, seq: 5 })
  }),
]

/** Appends two events to each topic. Returns the epoch of the first. */
async function fill(bus: Bus, topics: readonly string[]): Promise<string> {
  for (const topic of topics) {
    for (const n of [1, 2]) await bus.append(topic, body(n), all)
  }
  return (await bus.read(topics[0] as string, all)).epoch
}
