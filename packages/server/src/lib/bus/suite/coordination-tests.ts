import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { isTidingsError } from '@tidings/core'
import type { Bus } from '../bus.js'
import type { BusTest, DefineTest } from './bus-test.js'
import { body, keep, newTopic } from './events.js'
import { pause, until } from './waiting.js'

/** Tests of messages, names, values and counts, and of a closed bus. */
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
    await one.release(name, holder)
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

  test('rejects after close, and keeps serving the other members', 2, async (one, other) => {
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
