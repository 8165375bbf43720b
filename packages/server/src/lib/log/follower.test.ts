import { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { type Bus, type BusUpdate, memoryBus } from '../../index.js'
import { Follower } from './follower.js'
import { type Batch, Log } from './log.js'

const keep = { size: 10, ms: 60_000 }
const body = (n: number) => `event: tested\ndata: ${n}\n\n`

/** Creates a follower of a topic on a bus. Its log and the calls of its callbacks can be inspected. */
function follow(bus: Bus) {
  const log = new Log('none yet', keep, 'every')
  const calls: string[] = []
  const follower = new Follower(
    { bus, log, key: 'topic', history: keep },
    {
      onTraced: () => {},
      onAppended: () => calls.push(`head ${log.head}`),
      onRestarted: () => calls.push('restarted'),
      onUnused: () => calls.push('unused'),
    },
  )
  return { follower, log, calls }
}

/** Creates a memory bus with some methods replaced. */
function busWith(methods: (real: Bus) => Partial<Bus>): Bus {
  const real = memoryBus()
  const own = methods(real)
  return new Proxy(real, {
    get(target, name: keyof Bus) {
      const method = own[name] ?? target[name]
      return typeof method === 'function' ? method.bind(target) : method
    },
  })
}

/** Methods of a bus that delivers no updates. */
const withoutUpdates: Pick<Bus, 'listen'> = { listen: async () => () => {} }

/** Creates a memory bus whose updates a test delivers. */
function busWithHeldUpdates(methods: (real: Bus) => Partial<Bus> = () => ({})) {
  const held: (() => void)[] = []
  const bus = busWith((real) => ({
    listen: (topic, listener) => real.listen(topic, (update) => held.push(() => listener(update))),
    ...methods(real),
  }))
  /** Delivers the held updates, except for the first ones, which are lost. */
  const deliver = (lost = 0) => {
    for (const deliverOne of held.splice(0).slice(lost)) deliverOne()
  }
  return { bus, deliver }
}

async function append(bus: Bus, first: number, last: number): Promise<void> {
  for (let n = first; n <= last; n += 1) await bus.append('topic', body(n), keep)
}

function textOf(batch: Batch | undefined): string {
  return new TextDecoder().decode(batch?.chunk.bytes)
}

/** Returns the numbers of all events that a log keeps. */
function numbersIn(log: Log): number[] {
  const text = textOf(log.readFrom(log.floor, 'all'))
  return [...text.matchAll(/data: (\d+)/g)].map(([, n]) => Number(n))
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1)

const unavailable = () => new TidingsError({ code: 'unavailable', message: 'not now' })

it('stops listening if it is stopped while it starts', async () => {
  let listeners = 0
  const bus = busWith((real) => ({
    async listen(topic, listener) {
      const stop = await real.listen(topic, listener)
      listeners += 1
      return () => {
        listeners -= 1
        stop()
      }
    },
    read: () => Promise.reject(unavailable()),
  }))
  const { follower } = follow(bus)
  const starting = follower.start().catch(() => {})
  follower.stop()
  await starting
  expect(listeners).toBe(0)
})

it('reads events later that it could not read while it started, and starts once', async () => {
  let reads = 0
  const { bus, deliver } = busWithHeldUpdates((real) => ({
    async read(topic, kept, after) {
      reads += 1
      if (reads === 2) throw unavailable()
      const page = await real.read(topic, kept, after)
      if (reads === 1) {
        await append(real, 1, 2)
        deliver(1)
      }
      return page
    },
  }))
  const { follower, log, calls } = follow(bus)
  await follower.start()
  expect(log.head).toBe(0)
  await follower.start()
  await follower.check()
  expect(log.head).toBe(2)
  expect(calls).toEqual(['head 2'])
  follower.stop()
})

it('reads an event that is missing within an update', async () => {
  let deliver = (_: BusUpdate) => {}
  const bus = busWith(() => ({
    async listen(_, listener) {
      deliver = listener
      return () => {}
    },
  }))
  const { follower, log, calls } = follow(bus)
  await follower.start()
  for (let n = 1; n <= 3; n += 1) await bus.append('topic', body(n), keep)
  const event = (seq: number) => ({ seq, at: Date.now(), body: body(seq) })
  deliver({ epoch: log.epoch, events: [event(1), event(3)] })
  await follower.check()
  expect(textOf(log.readFrom(0))).toBe([1, 2, 3].map((n) => `id: ${log.epoch}.${n}\n${body(n)}`).join(''))
  expect(calls).toEqual(['head 1', 'head 3'])
  follower.stop()
})

it('tries again at once when it is checked, instead of waiting for its backoff', async () => {
  let isAway = false
  const bus = busWith((real) => ({
    ...withoutUpdates,
    read: (...args) => (isAway ? Promise.reject(unavailable()) : real.read(...args)),
  }))
  const { follower, log } = follow(bus)
  await follower.start()
  isAway = true
  for (let n = 1; n <= 10; n += 1) await follower.check()
  await bus.append('topic', body(1), keep)
  expect(log.head).toBe(0)
  isAway = false
  await follower.check()
  expect(log.head).toBe(1)
  follower.stop()
})

describe('with more events than the bus keeps', () => {
  it('keeps the updates that arrive while it starts', async () => {
    let reads = 0
    const { bus, deliver } = busWithHeldUpdates((real) => ({
      async read(...args) {
        const page = await real.read(...args)
        reads += 1
        if (reads === 1) {
          await append(real, 1, 25)
          deliver()
        }
        return page
      },
    }))
    const { follower, log } = follow(bus)
    await follower.start()
    expect(numbersIn(log)).toEqual(upTo(25))
    expect(reads).toBe(1)
    follower.stop()
  })

  it('continues from the events it read with the updates that arrived meanwhile', async () => {
    let isArmed = false
    const { bus, deliver } = busWithHeldUpdates((real) => ({
      async read(...args) {
        const page = await real.read(...args)
        if (isArmed) {
          isArmed = false
          await append(real, 4, 25)
          deliver()
        }
        return page
      },
    }))
    const { follower, log } = follow(bus)
    await follower.start()
    await append(bus, 1, 3)
    isArmed = true
    // The first two were lost.
    deliver(2)
    await follower.check()
    expect(numbersIn(log)).toEqual(upTo(25))
    follower.stop()
  })

  it('waits for an update with the events that the bus no longer keeps', async () => {
    const { bus, deliver } = busWithHeldUpdates()
    const { follower, log } = follow(bus)
    await follower.start()
    await append(bus, 1, 25)
    const checked = follower.check()
    setTimeout(deliver, 30)
    await checked
    expect(numbersIn(log)).toEqual(upTo(25))
    follower.stop()
  })

  it('skips lost events once a later update has arrived', async () => {
    const { bus, deliver } = busWithHeldUpdates()
    const { follower, log, calls } = follow(bus)
    await follower.start()
    await append(bus, 1, 25)
    deliver(20)
    const checked = follower.check()
    await append(bus, 26, 27)
    deliver()
    await checked
    expect(log.floor).toBe(25)
    expect(numbersIn(log)).toEqual([26, 27])
    expect(calls.at(-1)).toBe('head 27')
    follower.stop()
  })

  it('skips lost events if no update arrives', async () => {
    const bus = busWith(() => withoutUpdates)
    const { follower, log, calls } = follow(bus)
    await follower.start()
    await append(bus, 1, 25)
    await follower.check()
    expect(calls).toEqual(['head 25'])
    expect(log.floor).toBe(25)
    follower.stop()
  })

  it('reads the events of updates that were too large to keep', async () => {
    const long = `event: tested\ndata: ${'x'.repeat(600_000)}\n\n`
    const appendLong = async (to: Bus, count: number) => {
      for (let n = 0; n < count; n += 1) await to.append('topic', long, keep)
    }
    let reads = 0
    const { bus, deliver } = busWithHeldUpdates((real) => ({
      async read(...args) {
        reads += 1
        const page = await real.read(...args)
        if (reads === 2) {
          await appendLong(real, 4)
          deliver()
        }
        return page
      },
    }))
    const { follower, log } = follow(bus)
    await follower.start()
    await appendLong(bus, 2)
    deliver(1)
    await until(() => log.head === 6, 'every event was read')
    expect(log.head).toBe(6)
    expect(log.floor).toBe(0)
    expect(reads).toBe(3)
    follower.stop()
  })
})

it.each([0, 1, 2, 3, 4, 5, 6])(
  'notices an update with a hole that arrives %i microtasks after a read',
  async (later) => {
    let reads = 0
    const bus = busWith((real) => ({
      listen: (topic, listener) =>
        real.listen(topic, (update) => {
          const deliverLater = (more: number) => {
            if (more === 0) listener(update)
            else queueMicrotask(() => deliverLater(more - 1))
          }
          // The others are lost.
          if (update.events.every(({ seq }) => seq % 2 === 0)) deliverLater(later)
        }),
      async read(...args) {
        const page = await real.read(...args)
        reads += 1
        if (reads <= 2) await append(real, 2 * reads - 1, 2 * reads)
        return page
      },
    }))
    const { follower, log } = follow(bus)
    await follower.start()
    await follower.check()
    await until(() => log.head === 4, 'every event was read')
    expect(numbersIn(log)).toEqual(upTo(4))
    follower.stop()
  },
)
