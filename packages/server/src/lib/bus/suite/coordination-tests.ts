import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { isTidingsError } from '@tidings/core'
import type { Bus } from '../bus.js'
import type { BusTest, DefineTest } from './bus-test.js'
import { body, keep, newTopic } from './events.js'
import { pause, until } from './waiting.js'

/** Tests of messages, names, values, counts and rates, and of a closed bus. */
export const coordinationTests = (test: DefineTest): readonly BusTest[] => [
  test('delivers messages in order to the receiver of their name', 3, async (one, other, third) => {
    const name = randomUUID()
    const received: string[] = []
    assert.equal(await one.send(name, 'too soon'), 0)
    const stop = await other.receive(name, (message) => received.push(message))
    await third.receive(randomUUID(), (message) => received.push(`for another name: ${message}`))
    const sent = await Promise.all(
      Array.from({ length: 20 }, (_, n) => one.send(name, `message ${n} ${'y'.repeat(n * 1_000)}`)),
    )
    assert.deepEqual(new Set(sent), new Set([1]))
    await until(() => received.length === 20, 'all messages arrived')
    assert.deepEqual(
      received.map((message) => Number(message.split(' ')[1])),
      Array.from({ length: 20 }, (_, n) => n),
    )
    stop()
    await pause(50)
    assert.equal(await one.send(name, 'too late'), 0)
  }),

  test(
    'delivers a message to every receiver of its name, and resolves with their number',
    3,
    async (...members) => {
      const name = randomUUID()
      const received: number[] = []
      const stops = await Promise.all(
        members.map((member, m) => member.receive(name, () => void received.push(m))),
      )
      const [one] = members as [Bus]
      assert.equal(await one.send(name, 'to all'), 3)
      await until(() => received.length === 3, 'all received it')
      assert.deepEqual([...received].sort(), [0, 1, 2])
      stops[2]?.()
      await pause(50)
      assert.equal(await one.send(name, 'to two'), 2)
      await until(() => received.length === 5, 'two received it')
    },
  ),

  test('gives a name to one holder at a time', 4, async (...members) => {
    const name = randomUUID()
    const holders = members.map((_, m) => `holder ${m}`)
    const acquire = (ms: number) =>
      Promise.all(members.map((member, m) => member.acquire(name, holders[m] as string, ms)))
    const won = await acquire(60_000)
    assert.equal(won.filter(Boolean).length, 1)
    assert.deepEqual(await acquire(60_000), won)
    const [one] = members as [Bus]
    const holder = holders[won.indexOf(true)] as string
    await one.release(name, 'another holder')
    assert.deepEqual(await acquire(60_000), won)
    assert.equal(await one.get(name), holder)
    await one.release(name, holder)
    assert.equal(await one.get(name), undefined)
    assert.equal(await one.acquire(name, 'the next', 200), true)
    assert.equal(await one.acquire(name, holder, 200), false)
    await pause(400)
    assert.equal(await one.acquire(name, holder, 200), true)
  }),

  test('keeps a value for the given time', 2, async (one, other) => {
    const name = randomUUID()
    assert.equal(await one.get(name), undefined)
    await one.put(name, 'first ü', 60_000)
    await one.put(name, 'second ü', 200)
    assert.equal(await other.get(name), 'second ü')
    await pause(400)
    assert.equal(await other.get(name), undefined)
  }),

  test('deletes a value on forget', 2, async (one, other) => {
    const [name, another] = [randomUUID(), randomUUID()]
    for (const each of [name, another]) await one.put(each, 'text', 60_000)
    await other.forget(name)
    await other.forget(randomUUID())
    assert.equal(await one.get(name), undefined)
    assert.equal(await one.get(another), 'text')
    await one.put(name, 'again', Number.POSITIVE_INFINITY)
    assert.equal(await other.get(name), 'again')
  }),

  test('allows counts up to the limit', 4, async (...members) => {
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
    // A holder that is above a lowered limit keeps its count, but cannot raise it.
    assert.equal(await one.count(name, 'the next', 1, 0, 60_000), true)
    assert.equal(await one.count(name, 'the next', 2, 0, 60_000), false)
  }),

  test('gives a token of a bucket to one caller', 4, async (...members) => {
    const [name, another] = [randomUUID(), randomUUID()]
    const rate = { burst: 10, perSecond: 0.01 }
    const takeAll = (from: string) =>
      Promise.all(Array.from({ length: 5 }, () => members.map((bus) => bus.takeToken(from, rate))).flat())
    const waits = await takeAll(name)
    assert.equal(waits.length, 20)
    assert.equal(waits.filter((ms) => ms === 0).length, 10)
    for (const ms of waits.filter((each) => each !== 0)) {
      assert.ok(ms > 50_000 && ms <= 100_000, `the next token comes within 100 s (${ms} ms)`)
    }
    assert.equal((await takeAll(another)).filter((ms) => ms === 0).length, 10)
  }),

  test('refills a bucket over time, up to its burst', 2, async (one, other) => {
    const name = randomUUID()
    // Slow enough that a busy machine gains no token between two calls.
    const rate = { burst: 2, perSecond: 2 }
    assert.equal(await one.takeToken(name, rate), 0)
    assert.equal(await other.takeToken(name, rate), 0)
    for (let count = 0; count < 3; count += 1) {
      let ms = await one.takeToken(name, rate)
      assert.ok(ms > 0 && ms <= 500, `the next token comes within 500 ms (${ms} ms)`)
      // A timer may fire early.
      for (; ms > 0; ms = await other.takeToken(name, rate)) await pause(ms)
    }
    await pause(2_000)
    const waits = await Promise.all(Array.from({ length: 12 }, () => one.takeToken(name, rate)))
    const taken = waits.filter((ms) => ms === 0).length
    // The bucket may gain some meanwhile.
    assert.ok(taken >= 2 && taken <= 5, `the bucket holds its burst of 2 tokens (${taken} were taken)`)
  }),

  test('rejects after close, and keeps serving the other members', 2, async (one, other) => {
    const topic = newTopic()
    await one.ping()
    await one.listen(topic, () => {})
    await one.close()
    await one.close()
    const refused = [
      () => one.append(topic, body(1), keep),
      () => one.read(topic, keep),
      () => one.ping(),
      () => one.takeToken(topic, { burst: 1, perSecond: 1 }),
    ]
    for (const use of refused) {
      await assert.rejects(use, (error) => isTidingsError(error) && error.code === 'unavailable')
    }
    await other.append(topic, body(1), keep)
    assert.equal((await other.read(topic, keep)).head, 1)
  }),
]
