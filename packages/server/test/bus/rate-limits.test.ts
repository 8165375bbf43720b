import { TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler } from '../../src/express.js'
import { type Bus, createServer, implement, memoryBus, rateLimit } from '../../src/index.js'
import { contract } from '../contract.js'
import { mount, post } from '../harness.js'
import { sharedBuses } from './shared-buses.js'

const rate = { burst: 6, perSecond: 0.01 }

async function startNode(bus: Bus) {
  const errors: unknown[] = []
  const app = implement(contract, {
    context: ({ headers }) => headers.get('x-user') ?? '',
    principal: (user) => user || undefined,
  }).use(rateLimit(rate))
  const handlers = app.handlers(contract, {
    room: { snapshot: () => ({ messages: [] }) },
    send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
    admin: { ping: () => {}, count: async () => ({ total: 0 }) },
  })
  const tidings = createServer(app, { bus, onError: (error) => errors.push(error) }, handlers)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const ping = (user: string) => post(`${url}/admin/ping`, {}, { 'x-user': user })
  return { ping, errors }
}

type Node = Awaited<ReturnType<typeof startNode>>

describe.each(sharedBuses())('nodes on one bus in $what', ({ connect }) => {
  it('share the buckets of a rate limit', async () => {
    const nodes = [await startNode(connect()), await startNode(connect()), await startNode(connect())]
    const pingAll = (user: string) =>
      Promise.all(nodes.flatMap(({ ping }) => Array.from({ length: 5 }, () => ping(user))))
    const responses = await pingAll('ada')
    expect(responses.filter(({ status }) => status === 204)).toHaveLength(6)
    const refused = responses.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(9)
    for (const { headers, body } of refused) {
      expect(body.code).toBe('too_many_requests')
      expect(body.retryAfterMs).toBeGreaterThan(50_000)
      expect(body.retryAfterMs).toBeLessThanOrEqual(100_000)
      expect(headers.get('retry-after')).toBe(String(Math.ceil(body.retryAfterMs / 1_000)))
    }
    const [one] = nodes as [Node]
    expect((await one.ping('bob')).status).toBe(204)
    expect(nodes.flatMap(({ errors }) => errors)).toEqual([])
  })
})

it('a node counts alone while the bus does not answer, and reports that once', async () => {
  const bus = memoryBus()
  const { ping, errors } = await startNode(bus)
  const takeToken = bus.takeToken.bind(bus)
  const unavailable = new TidingsError({ code: 'unavailable', message: 'It is away' })
  let isAway = true
  let asked = 0
  bus.takeToken = async (...args) => {
    asked += 1
    if (isAway) throw unavailable
    return takeToken(...args)
  }
  const responses = await Promise.all(Array.from({ length: 10 }, () => ping('ada')))
  expect(responses.filter(({ status }) => status === 204)).toHaveLength(6)
  expect(responses.filter(({ status }) => status === 429)).toHaveLength(4)
  expect(errors.length).toBeGreaterThan(0)
  // Slow runs may ask it again a second later.
  expect(errors.length).toBeLessThanOrEqual(asked)
  expect(errors[0]).toMatchObject({
    code: 'unavailable',
    message: 'rateLimit: the bus did not answer. Until it does, this node counts requests alone',
    cause: unavailable,
  })
  isAway = false
  // The bucket on the bus is still full.
  await until(async () => (await ping('ada')).status === 204, 'the bus was asked again')
})

it('calls that wait for the bus while it fails are reported once', async () => {
  const bus = memoryBus()
  const { ping, errors } = await startNode(bus)
  const waiting: (() => void)[] = []
  bus.takeToken = () =>
    new Promise((_resolve, reject) => waiting.push(() => reject(new Error('It timed out'))))
  const pings = Array.from({ length: 10 }, () => ping('ada'))
  await until(() => waiting.length === 10, 'all calls wait')
  for (const fail of waiting) fail()
  expect((await Promise.all(pings)).filter(({ status }) => status === 204)).toHaveLength(6)
  expect(errors).toHaveLength(1)
})

it('buckets have short names, however long those of callers are', async () => {
  const bus = memoryBus()
  const { ping } = await startNode(bus)
  const takeToken = bus.takeToken.bind(bus)
  const names = new Set<string>()
  bus.takeToken = (name, ...rest) => {
    names.add(name)
    return takeToken(name, ...rest)
  }
  for (const user of ['ada', 'a'.repeat(5_000), `${'a'.repeat(5_000)}b`]) await ping(user)
  expect(names.size).toBe(3)
  for (const { length } of names) expect(length).toBeLessThanOrEqual(200)
})
