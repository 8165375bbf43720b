import assert from 'node:assert/strict'
import { parseCursor } from '@tidings/core/wire'
import type { Bus, BusEvent } from '../bus.js'
import type { BusTest, DefineTest } from './bus-test.js'
import { body, keep, newTopic, payloadOf, plain, readAll } from './events.js'
import { until } from './waiting.js'

/** Tests of appending to logs and reading them. */
export const logTests = (test: DefineTest): readonly BusTest[] => [
  test('starts a log at 0, in an epoch that a cursor can contain', 2, async (one, other) => {
    const topic = newTopic()
    const page = await one.read(topic, keep)
    assert.deepEqual({ head: page.head, events: page.events }, { head: 0, events: [] })
    assert.deepEqual(parseCursor(`${page.epoch}.0`), { epoch: page.epoch, seq: 0 })
    assert.equal((await other.read(topic, keep)).epoch, page.epoch)
  }),

  test('gives each log an epoch of its own', 1, async (bus) => {
    const pages = await Promise.all(Array.from({ length: 100 }, () => bus.read(newTopic(), keep)))
    assert.equal(new Set(pages.map(({ epoch }) => epoch)).size, 100)
  }),

  test('returns appended events to every member, in order and without holes', 2, async (one, other) => {
    const topic = newTopic()
    const { epoch } = await other.read(topic, keep)
    for (let n = 1; n <= 5; n += 1) await one.append(topic, body(n), keep)
    const page = await other.read(topic, keep, { epoch, seq: 2 })
    assert.equal(page.epoch, epoch)
    assert.equal(page.head, 5)
    assert.deepEqual(plain(page.events), [
      [3, body(3)],
      [4, body(4)],
      [5, body(5)],
    ])
    const [first] = page.events
    assert.ok(Math.abs((first?.at ?? 0) - Date.now()) < 60_000, 'an event has the time of its append')
    assert.deepEqual((await other.read(topic, keep, { epoch, seq: 5 })).events, [])
  }),

  test('keeps the order of each member when several append at once', 3, async (...members) => {
    const topic = newTopic()
    const { epoch } = await (members[0] as Bus).read(topic, keep)
    const each = 80
    const appended = members.flatMap((member, m) =>
      Array.from({ length: each }, (_, n) => member.append(topic, body([m, n]), keep)),
    )
    await Promise.all(appended)
    const events = await readAll(members[0] as Bus, topic, { epoch, seq: 0 })
    assert.deepEqual(
      events.map(({ seq }) => seq),
      Array.from({ length: members.length * each }, (_, n) => n + 1),
    )
    for (const m of members.keys()) {
      const numbers = events.map((event) => payloadOf(event)).filter(([from]) => from === m)
      assert.deepEqual(
        numbers,
        Array.from({ length: each }, (_, n) => [m, n]),
      )
    }
  }),

  test(
    'keeps the events within the bounds, and returns all that follow a position or none',
    1,
    async (bus) => {
      const topic = newTopic()
      const bounds = { size: 10, ms: 60_000 }
      const { epoch } = await bus.read(topic, bounds)
      for (let n = 1; n <= 300; n += 1) await bus.append(topic, body(n), bounds)
      const kept = await readAll(bus, topic, { epoch, seq: 290 }, bounds)
      assert.deepEqual(
        kept.map(({ seq }) => seq),
        [291, 292, 293, 294, 295, 296, 297, 298, 299, 300],
      )
      for (const seq of [0, 1, 100, 280]) {
        const [first] = (await bus.read(topic, bounds, { epoch, seq })).events
        assert.ok(first === undefined || first.seq === seq + 1, `after ${seq} comes ${first?.seq}`)
      }
    },
  ),

  test('counts positions in a log that keeps no events', 1, async (bus) => {
    const topic = newTopic()
    const none = { size: 0, ms: 60_000 }
    const { epoch } = await bus.read(topic, none)
    for (let n = 1; n <= 3; n += 1) await bus.append(topic, body(n), none)
    assert.deepEqual(await bus.read(topic, none, { epoch, seq: 3 }), { epoch, head: 3, events: [] })
  }),

  test('leaves no hole in a log that kept no events for a while', 1, async (bus) => {
    const topic = newTopic()
    const { epoch } = await bus.read(topic, keep)
    for (let n = 1; n <= 5; n += 1) await bus.append(topic, body(n), keep)
    await bus.read(topic, { size: 0, ms: 1_000 })
    for (let n = 6; n <= 8; n += 1) await bus.append(topic, body(n), keep)
    await bus.read(topic, keep)
    await bus.append(topic, body(9), keep)
    for (let seq = 0; seq < 9; seq += 1) {
      const { events } = await bus.read(topic, keep, { epoch, seq })
      const all = Array.from({ length: 9 - seq }, (_, n) => [seq + n + 1, body(seq + n + 1)])
      assert.deepEqual(plain(events), events.length > 0 || seq === 8 ? all : [])
    }
  }),

  test('returns a log without bounds in consecutive pages', 1, async (bus) => {
    const topic = newTopic()
    const all = { size: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }
    const { epoch } = await bus.read(topic, all)
    const text = 'x'.repeat(1024)
    for (let n = 0; n < 10; n += 1) {
      await Promise.all(Array.from({ length: 500 }, () => bus.append(topic, body(text), all)))
    }
    const events = await readAll(bus, topic, { epoch, seq: 0 }, all)
    assert.equal(events.length, 5_000)
  }),

  test('returns no events after a cursor of another epoch or of the future', 1, async (bus) => {
    const topic = newTopic()
    const { epoch } = await bus.read(topic, keep)
    await bus.append(topic, body(1), keep)
    const unknown = [
      { epoch: 'another', seq: 0 },
      { epoch, seq: 7 },
    ]
    for (const after of unknown) {
      assert.deepEqual(await bus.read(topic, keep, after), { epoch, head: 1, events: [] })
    }
  }),

  test('returns and delivers every body unchanged', 2, async (one, other) => {
    const topic = newTopic()
    const { epoch } = await one.read(topic, keep)
    const texts = ['', 'äöü 漢字 🎈', '\u2028\u2029\0', 'a\nb\r\nc\n\n', '{"a":"}"}', 'x'.repeat(1024 * 1024)]
    const received: BusEvent[] = []
    await other.listen(topic, ({ events }) => received.push(...events))
    await Promise.all(texts.map((text) => one.append(topic, body(text), keep)))
    await until(() => received.length === texts.length, 'all events arrived')
    assert.deepEqual(received.map(payloadOf), texts)
    assert.deepEqual((await readAll(other, topic, { epoch, seq: 0 })).map(payloadOf), texts)
  }),

  test('separates topics, whatever their names', 1, async (bus) => {
    const name = newTopic()
    const topics = [
      name,
      `${name}?`,
      `${name}?a=%7B%7D`,
      `${name}?a={b}`,
      `${name}?a={b}c`,
      `${name}?a=*`,
      `${name}?${'a'.repeat(8_000)}`,
    ]
    const received: [string, unknown][] = []
    for (const topic of topics) {
      await bus.listen(topic, ({ events }) => {
        for (const event of events) received.push([topic, payloadOf(event)])
      })
    }
    for (const topic of topics) await bus.append(topic, body(topic), keep)
    await until(() => received.length === topics.length, 'each topic had its event')
    // The topics may arrive in any order.
    assert.deepEqual(new Map(received), new Map(topics.map((topic) => [topic, topic])))
    for (const topic of topics) assert.equal((await bus.read(topic, keep)).head, 1)
  }),
]
