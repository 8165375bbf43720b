import { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it } from 'vitest'
import { type Bus, type BusUpdate, memoryBus } from '../../index.js'
import { Follower } from './follower.js'
import { Log } from './log.js'

const keep = { size: 10, ms: 60_000 }
const body = (n: number) => `event: tested\ndata: ${n}\n\n`

/** A follower of a topic on a bus, and what it has told. */
function follow(bus: Bus) {
  const log = new Log('none yet', keep, 'every')
  const told: string[] = []
  const follower = new Follower(
    { bus, log, key: 'topic', history: keep },
    {
      onAppended: () => told.push(`head ${log.head}`),
      onRestarted: () => told.push('restarted'),
      onUnused: () => told.push('unused'),
    },
  )
  return { follower, log, told }
}

/** A bus in memory, some of which a test does itself. */
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

/** What listens to nothing. */
const deaf: Pick<Bus, 'listen'> = { listen: async () => () => {} }

/** A bus in memory whose news comes when a test says so. */
function busWithLateNews(methods: (real: Bus) => Partial<Bus> = () => ({})) {
  const late: (() => void)[] = []
  const bus = busWith((real) => ({
    listen: (topic, listener) => real.listen(topic, (news) => late.push(() => listener(news))),
    ...methods(real),
  }))
  /** Tells what there is but for so much at its beginning, which is lost. */
  const tell = (lost = 0) => {
    for (const hear of late.splice(0).slice(lost)) hear()
  }
  return { bus, tell }
}

async function append(bus: Bus, first: number, last: number): Promise<void> {
  for (let n = first; n <= last; n += 1) await bus.append('topic', body(n), keep)
}

/** What those who were at the beginning of a log are handed. */
function numbersIn(log: Log): number[] {
  const text = String(log.readFrom(log.floor, 'all')?.chunk.bytes ?? '')
  return [...text.matchAll(/data: (\d+)/g)].map(([, n]) => Number(n))
}

const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1)

const unavailable = () => new TidingsError({ code: 'unavailable', message: 'not now' })

it('a follower that is stopped while it starts leaves nothing behind', async () => {
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

it('a follower that cannot read what came while it started reads it later, and begins no second time', async () => {
  let reads = 0
  const { bus, tell } = busWithLateNews((real) => ({
    async read(topic, kept, after) {
      reads += 1
      if (reads === 2) throw unavailable()
      const page = await real.read(topic, kept, after)
      if (reads === 1) {
        await append(real, 1, 2)
        tell(1)
      }
      return page
    },
  }))
  const { follower, log, told } = follow(bus)
  await follower.start()
  expect(log.head).toBe(0)
  await follower.start()
  await follower.check()
  expect(log.head).toBe(2)
  expect(told).toEqual(['head 2'])
  follower.stop()
})

it('what is missing in the middle of news is read', async () => {
  let hear = (_: BusUpdate) => {}
  const bus = busWith(() => ({
    async listen(_, listener) {
      hear = listener
      return () => {}
    },
  }))
  const { follower, log, told } = follow(bus)
  await follower.start()
  for (let n = 1; n <= 3; n += 1) await bus.append('topic', body(n), keep)
  const event = (seq: number) => ({ seq, at: Date.now(), body: body(seq) })
  hear({ epoch: log.epoch, events: [event(1), event(3)] })
  await follower.check()
  expect(String(log.readFrom(0)?.chunk.bytes)).toBe(
    [1, 2, 3].map((n) => `id: ${log.epoch}.${n}\n${body(n)}`).join(''),
  )
  expect(told).toEqual(['head 1', 'head 3'])
  follower.stop()
})

it('a follower that waits before it tries again does so at once where the bus is there again', async () => {
  let isAway = false
  const bus = busWith((real) => ({
    ...deaf,
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

describe('where more happens than the bus keeps while it is read', () => {
  it('what comes while a follower starts is not lost', async () => {
    let reads = 0
    const { bus, tell } = busWithLateNews((real) => ({
      async read(...args) {
        const page = await real.read(...args)
        reads += 1
        if (reads === 1) {
          await append(real, 1, 25)
          tell()
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

  it('what was heard meanwhile goes on from what was read', async () => {
    let isAsked = false
    const { bus, tell } = busWithLateNews((real) => ({
      async read(...args) {
        const page = await real.read(...args)
        if (isAsked) {
          isAsked = false
          await append(real, 4, 25)
          tell()
        }
        return page
      },
    }))
    const { follower, log } = follow(bus)
    await follower.start()
    await append(bus, 1, 3)
    isAsked = true
    // The first two were lost.
    tell(2)
    await follower.check()
    expect(numbersIn(log)).toEqual(upTo(25))
    follower.stop()
  })

  it('what is on its way is waited for', async () => {
    const { bus, tell } = busWithLateNews()
    const { follower, log } = follow(bus)
    await follower.start()
    await append(bus, 1, 25)
    const checked = follower.check()
    setTimeout(tell, 30)
    await checked
    expect(numbersIn(log)).toEqual(upTo(25))
    follower.stop()
  })

  it('a gap is announced where what follows has come', async () => {
    const { bus, tell } = busWithLateNews()
    const { follower, log, told } = follow(bus)
    await follower.start()
    await append(bus, 1, 25)
    tell(20)
    const checked = follower.check()
    await append(bus, 26, 27)
    tell()
    await checked
    expect(log.floor).toBe(25)
    expect(numbersIn(log)).toEqual([26, 27])
    expect(told.at(-1)).toBe('head 27')
    follower.stop()
  })

  it('a gap is announced where nothing comes', async () => {
    const bus = busWith(() => deaf)
    const { follower, log, told } = follow(bus)
    await follower.start()
    await append(bus, 1, 25)
    await follower.check()
    expect(told).toEqual(['head 25'])
    expect(log.floor).toBe(25)
    follower.stop()
  })

  it('what is too much to keep meanwhile is read', async () => {
    const long = `event: tested\ndata: ${'x'.repeat(600_000)}\n\n`
    const appendLong = async (to: Bus, count: number) => {
      for (let n = 0; n < count; n += 1) await to.append('topic', long, keep)
    }
    let reads = 0
    const { bus, tell } = busWithLateNews((real) => ({
      async read(...args) {
        reads += 1
        const page = await real.read(...args)
        if (reads === 2) {
          await appendLong(real, 4)
          tell()
        }
        return page
      },
    }))
    const { follower, log } = follow(bus)
    await follower.start()
    await appendLong(bus, 2)
    tell(1)
    await until(() => log.head === 6, 'all was read')
    expect(log.head).toBe(6)
    expect(log.floor).toBe(0)
    expect(reads).toBe(3)
    follower.stop()
  })
})

it.each([0, 1, 2, 3, 4, 5, 6])(
  'news with a hole is not missed as reading ends, %i microtasks later',
  async (later) => {
    let reads = 0
    const bus = busWith((real) => ({
      listen: (topic, listener) =>
        real.listen(topic, (news) => {
          const tellLater = (more: number) => {
            if (more === 0) listener(news)
            else queueMicrotask(() => tellLater(more - 1))
          }
          // The others are lost.
          if (news.events.every(({ seq }) => seq % 2 === 0)) tellLater(later)
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
    await until(() => log.head === 4, 'all was read')
    expect(numbersIn(log)).toEqual(upTo(4))
    follower.stop()
  },
)
