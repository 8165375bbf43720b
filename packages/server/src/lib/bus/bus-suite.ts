import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { isTidingsError } from '@tidings/core'
import { encodeEventBody, eventDataOf, parseCursor } from '@tidings/core/wire'
import type { Bus, BusEvent } from './bus.js'

/** One test of a suite: it passes if `run` resolves. */
export interface BusTest {
  readonly name: string
  run(): Promise<void>
}

/** What the suite is to test. */
export interface BusSuiteOptions {
  /** Makes another member of the bus, as each node of a service has one. The suite closes it. */
  connect(): Bus | Promise<Bus>
}

const keep = { size: 256, ms: 60_000 }

/**
 * The tests that a bus has to pass, for whatever test runner: give each to its `it`.
 *
 * ```ts
 * for (const { name, run } of busSuite({ connect: () => memoryBus({ shareWith }) })) it(name, run)
 * ```
 */
export function busSuite({ connect }: BusSuiteOptions): readonly BusTest[] {
  /** Gives a test so many members, and closes them after it. */
  const withMembers =
    (count: number, body: (...members: Bus[]) => Promise<void>): BusTest['run'] =>
    async () => {
      const members = await Promise.all(Array.from({ length: count }, async () => connect()))
      try {
        await body(...members)
      } finally {
        await Promise.all(members.map((member) => member.close()))
      }
    }
  const test = (name: string, members: number, body: (...members: Bus[]) => Promise<void>): BusTest => ({
    name,
    run: withMembers(members, body),
  })

  return [
    test('a log begins at 0, in an epoch that a cursor can name', 2, async (one, other) => {
      const topic = newTopic()
      const page = await one.read(topic, keep)
      assert.deepEqual({ head: page.head, events: page.events }, { head: 0, events: [] })
      assert.deepEqual(parseCursor(`${page.epoch}.0`), { epoch: page.epoch, seq: 0 })
      assert.equal((await other.read(topic, keep)).epoch, page.epoch)
    }),

    test('no two logs have one epoch', 1, async (bus) => {
      const pages = await Promise.all(Array.from({ length: 100 }, () => bus.read(newTopic(), keep)))
      assert.equal(new Set(pages.map(({ epoch }) => epoch)).size, 100)
    }),

    test('what is appended is read in order, without holes, by every member', 2, async (one, other) => {
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
      assert.ok(Math.abs((first?.at ?? 0) - Date.now()) < 60_000, 'an event tells when it was appended')
      assert.deepEqual((await other.read(topic, keep, { epoch, seq: 5 })).events, [])
    }),

    test('what each of several appends at once keeps its order', 3, async (...members) => {
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

    test('those who listen are told what was appended, where and in order', 2, async (one, other) => {
      const topic = newTopic()
      const { epoch } = await one.read(topic, keep)
      const heard: [Bus, BusEvent[]][] = [
        [one, []],
        [other, []],
      ]
      for (const [member, events] of heard) {
        await member.listen(topic, (news) => {
          assert.equal(news.epoch, epoch)
          events.push(...news.events)
        })
      }
      await Promise.all(Array.from({ length: 50 }, (_, n) => one.append(topic, body(n), keep)))
      const events = await readAll(other, topic, { epoch, seq: 0 })
      for (const [, told] of heard) {
        await until(() => told.length === 50, 'all 50 events were told')
        assert.deepEqual(plain(told), plain(events))
      }
    }),

    test('who has stopped listening is told nothing, and the others go on', 2, async (one, other) => {
      const topic = newTopic()
      const heard: string[] = []
      const stop = await one.listen(topic, () => heard.push('stopped'))
      await one.listen(topic, () => heard.push('same member'))
      await other.listen(topic, () => heard.push('other member'))
      stop()
      stop()
      await one.append(topic, body(1), keep)
      await until(() => heard.length >= 2, 'the two that listen were told')
      await pause(50)
      assert.deepEqual(heard.sort(), ['other member', 'same member'])
    }),

    test('who listens and then reads misses nothing', 2, async (one, other) => {
      const topic = newTopic()
      const { epoch } = await one.read(topic, keep)
      let isOver = false
      const appending = (async () => {
        for (let n = 0; !isOver; n += 1) {
          await one.append(topic, body(n), keep)
          if (n % 10 === 0) await pause(1)
        }
      })()
      for (let n = 0; n < 10; n += 1) {
        const heard: number[] = []
        const stop = await other.listen(topic, ({ events }) => heard.push(...events.map(({ seq }) => seq)))
        const { head } = await other.read(topic, keep)
        await until(() => (heard.at(-1) ?? 0) > head + 3, 'news came')
        stop()
        const next = heard.filter((seq) => seq > head)
        assert.deepEqual(
          next,
          next.map((_, index) => head + 1 + index),
        )
      }
      isOver = true
      await appending
      assert.equal((await one.read(topic, keep)).epoch, epoch)
    }),

    test(
      'a log keeps what it has to, and what follows a position comes whole or not at all',
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

    test('a log that keeps nothing still counts', 1, async (bus) => {
      const topic = newTopic()
      const none = { size: 0, ms: 60_000 }
      const { epoch } = await bus.read(topic, none)
      for (let n = 1; n <= 3; n += 1) await bus.append(topic, body(n), none)
      assert.deepEqual(await bus.read(topic, none, { epoch, seq: 3 }), { epoch, head: 3, events: [] })
    }),

    test('a log that kept nothing for a while has no hole', 1, async (bus) => {
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

    test('a log that is kept without bounds is read in pieces that join', 1, async (bus) => {
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

    test('a cursor of another epoch, or of the future, is given nothing', 1, async (bus) => {
      const topic = newTopic()
      const { epoch } = await bus.read(topic, keep)
      await bus.append(topic, body(1), keep)
      const strangers = [
        { epoch: 'another', seq: 0 },
        { epoch, seq: 7 },
      ]
      for (const after of strangers) {
        assert.deepEqual(await bus.read(topic, keep, after), { epoch, head: 1, events: [] })
      }
    }),

    test('a body arrives as it was, whatever is in it', 2, async (one, other) => {
      const topic = newTopic()
      const { epoch } = await one.read(topic, keep)
      const texts = [
        '',
        'äöü 漢字 🎈',
        '\u2028\u2029\0',
        'a\nb\r\nc\n\n',
        '{"a":"}"}',
        'x'.repeat(1024 * 1024),
      ]
      const heard: BusEvent[] = []
      await other.listen(topic, ({ events }) => heard.push(...events))
      await Promise.all(texts.map((text) => one.append(topic, body(text), keep)))
      await until(() => heard.length === texts.length, 'all were told')
      assert.deepEqual(heard.map(payloadOf), texts)
      assert.deepEqual((await readAll(other, topic, { epoch, seq: 0 })).map(payloadOf), texts)
    }),

    test('topics do not mix, whatever their names', 1, async (bus) => {
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
      const heard: [string, unknown][] = []
      for (const topic of topics) {
        await bus.listen(topic, ({ events }) => {
          for (const event of events) heard.push([topic, payloadOf(event)])
        })
      }
      for (const topic of topics) await bus.append(topic, body(topic), keep)
      await until(() => heard.length === topics.length, 'each was told')
      // Of different topics, in any order.
      assert.deepEqual(new Map(heard), new Map(topics.map((topic) => [topic, topic])))
      for (const topic of topics) assert.equal((await bus.read(topic, keep)).head, 1)
    }),

    test('a message reaches who receives under its name, in order', 3, async (one, other, third) => {
      const name = randomUUID()
      const received: string[] = []
      assert.equal(await one.send(name, 'too soon'), 0)
      const stop = await other.receive(name, (message) => received.push(message))
      await third.receive(randomUUID(), (message) => received.push(`not for them: ${message}`))
      const sent = await Promise.all(
        Array.from({ length: 20 }, (_, n) => one.send(name, `message ${n} ${'y'.repeat(n * 1_000)}`)),
      )
      assert.deepEqual(new Set(sent), new Set([1]))
      await until(() => received.length === 20, 'all were received')
      assert.deepEqual(
        received.map((message) => Number(message.split(' ')[1])),
        Array.from({ length: 20 }, (_, n) => n),
      )
      stop()
      await pause(50)
      assert.equal(await one.send(name, 'too late'), 0)
    }),

    test('a message reaches all who receive under its name, and says how many', 3, async (...members) => {
      const name = randomUUID()
      const received: number[] = []
      const stops = await Promise.all(
        members.map((member, m) => member.receive(name, () => void received.push(m))),
      )
      const [one] = members as [Bus]
      assert.equal(await one.send(name, 'to all'), 3)
      await until(() => received.length === 3, 'all had received it')
      assert.deepEqual([...received].sort(), [0, 1, 2])
      stops[2]?.()
      await pause(50)
      assert.equal(await one.send(name, 'to two'), 2)
      await until(() => received.length === 5, 'two had received it')
    }),

    test('a name has one holder at a time', 4, async (...members) => {
      const name = randomUUID()
      const holders = members.map((_, m) => `holder ${m}`)
      const acquire = (ms: number) =>
        Promise.all(members.map((member, m) => member.acquire(name, holders[m] as string, ms)))
      const won = await acquire(60_000)
      assert.equal(won.filter(Boolean).length, 1)
      assert.deepEqual(await acquire(60_000), won)
      const [one] = members as [Bus]
      const holder = holders[won.indexOf(true)] as string
      await one.release(name, 'somebody else')
      assert.deepEqual(await acquire(60_000), won)
      await one.release(name, holder)
      assert.equal(await one.acquire(name, 'the next', 200), true)
      assert.equal(await one.acquire(name, holder, 200), false)
      await pause(400)
      assert.equal(await one.acquire(name, holder, 200), true)
    }),

    test('a value is remembered for as long as it was said', 2, async (one, other) => {
      const name = randomUUID()
      assert.equal(await one.get(name), undefined)
      await one.put(name, 'first ü', 60_000)
      await one.put(name, 'second ü', 200)
      assert.equal(await other.get(name), 'second ü')
      await pause(400)
      assert.equal(await other.get(name), undefined)
    }),

    test('a value is forgotten when a member says so', 2, async (one, other) => {
      const [name, another] = [randomUUID(), randomUUID()]
      for (const each of [name, another]) await one.put(each, 'text', 60_000)
      await other.forget(name)
      await other.forget(randomUUID())
      assert.equal(await one.get(name), undefined)
      assert.equal(await one.get(another), 'text')
      await one.put(name, 'again', Number.POSITIVE_INFINITY)
      assert.equal(await other.get(name), 'again')
    }),

    test('no more is counted than is allowed', 4, async (...members) => {
      const name = randomUUID()
      const [one, other] = members as [Bus, Bus]
      const allowed = await Promise.all(
        members.map((member, m) => member.count(name, `holder ${m}`, 1, 2, 60_000)),
      )
      assert.equal(allowed.filter(Boolean).length, 2)
      const [first, second] = [...allowed.keys()].filter((m) => allowed[m]).map((m) => `holder ${m}`)
      assert.equal(await one.count(name, first as string, 2, 2, 60_000), false)
      assert.equal(await one.count(name, first as string, 1, 2, 60_000), true)
      assert.equal(await other.count(name, first as string, 0, 2, 60_000), true)
      assert.equal(await other.count(name, second as string, 2, 2, 200), true)
      assert.equal(await one.count(name, 'the next', 1, 2, 60_000), false)
      await pause(400)
      assert.equal(await one.count(name, 'the next', 1, 2, 60_000), true)
      // Whoever already has more than is allowed now keeps them, but gets no more.
      assert.equal(await one.count(name, 'the next', 1, 0, 60_000), true)
      assert.equal(await one.count(name, 'the next', 2, 0, 60_000), false)
    }),

    test('a member that was closed refuses, and the others go on', 2, async (one, other) => {
      const topic = newTopic()
      await one.ping()
      await one.listen(topic, () => {})
      await one.close()
      await one.close()
      const refused = [() => one.append(topic, body(1), keep), () => one.read(topic, keep), () => one.ping()]
      for (const use of refused) {
        await assert.rejects(use, (error) => isTidingsError(error) && error.code === 'unavailable')
      }
      await other.append(topic, body(1), keep)
      assert.equal((await other.read(topic, keep)).head, 1)
    }),
  ]
}

function newTopic(): string {
  return `suite.${randomUUID()}`
}

function body(payload: unknown): string {
  return encodeEventBody('tested', payload)
}

// biome-ignore lint/suspicious/noExplicitAny: what the suite itself has written
function payloadOf(event: BusEvent): any {
  return JSON.parse(eventDataOf(event.body))
}

function plain(events: readonly BusEvent[]): [seq: number, body: string][] {
  return events.map((event) => [event.seq, event.body])
}

/** Reads all that follows a position, page by page. */
async function readAll(
  bus: Bus,
  topic: string,
  from: { epoch: string; seq: number },
  bounds = keep,
): Promise<BusEvent[]> {
  const all: BusEvent[] = []
  for (let { seq } = from; ; seq = all.at(-1)?.seq ?? seq) {
    const { events, head } = await bus.read(topic, bounds, { epoch: from.epoch, seq })
    for (const event of events) {
      assert.equal(event.seq, (all.at(-1)?.seq ?? from.seq) + 1, 'events come without holes')
      all.push(event)
    }
    if (events.length === 0 || all.at(-1)?.seq === head) return all
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!holds()) {
    assert.ok(Date.now() < deadline, `waited in vain until ${what}`)
    await pause(2)
  }
}
