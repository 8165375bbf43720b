import { TidingsError } from '@tidings/core'
import { expect, it } from 'vitest'
import { type Bus, type BusNews, memoryBus } from '../../src/index.js'
import { Follower } from '../../src/lib/log/follower.js'
import { Log } from '../../src/lib/log/log.js'

const keep = { size: 10, ms: 60_000 }
const body = (n: number) => `event: tested\ndata: ${n}\n\n`

/** A follower of a topic on a bus, and what it has told. */
function follow(bus: Bus) {
  const log = new Log('none yet', keep, 'every')
  const told: string[] = []
  const follower = new Follower(bus, {
    log,
    key: 'topic',
    keep,
    appended: () => told.push(`head ${log.head}`),
    restarted: () => told.push('restarted'),
    unused: () => told.push('unused'),
  })
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
  const bus = busWith((real) => ({
    async read(topic, kept, after) {
      reads += 1
      if (reads === 2) throw unavailable()
      const page = await real.read(topic, kept, after)
      if (reads === 1) await real.append(topic, body(reads), kept)
      return page
    },
  }))
  const { follower, log, told } = follow(bus)
  await follower.start()
  expect(log.head).toBe(0)
  await follower.start()
  await follower.check()
  expect(log.head).toBe(1)
  expect(told).toEqual(['head 1'])
  follower.stop()
})

it('what is missing in the middle of news is read', async () => {
  let hear = (_: BusNews) => {}
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
