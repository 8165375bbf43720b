import type { ControlOperation } from '@tidings/core/wire'
import { until } from '@tidings/test-kit'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { expressHandler } from '../src/express.js'
import { fetchHandler } from '../src/fetch.js'
import { type App, createServer, implement, rateLimit } from '../src/index.js'
import { contract } from './contract.js'
import { mount, open, openShared, post } from './harness.js'

type TestApp = App<typeof contract, string>

const tight = rateLimit({ burst: 2, perSecond: 0.1 })
const ada = { 'x-user': 'ada' }
const bob = { 'x-user': 'bob' }

beforeEach(() => {
  // The server's clock: the test moves it.
  vi.useFakeTimers({ toFake: ['Date'] })
  return () => vi.useRealTimers()
})

/** Serves the contract behind the middleware that `limit` adds. */
function serve(limit: (app: TestApp) => TestApp) {
  const errors: [error: unknown, place: string][] = []
  const app = implement(contract, {
    context: ({ headers }) => headers.get('x-user') ?? '',
    principal: (user) => user || undefined,
  })
  const handlers = limit(app).handlers(contract, {
    room: { snapshot: () => ({ messages: [] }) },
    send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
    admin: { ping: () => {}, count: async () => ({ total: 0 }) },
  })
  const onError = (error: unknown, { place }: { place: string }) => errors.push([error, place])
  const tidings = createServer(app, { onError }, handlers)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, errors }
}

async function start(limit: (app: TestApp) => TestApp) {
  const { tidings, errors } = serve(limit)
  const url = await mount(expressHandler(tidings))
  return { tidings, errors, url }
}

/** Sends pings, and returns their statuses. */
async function ping(url: string, times: number, headers: Record<string, string> = {}): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < times; n += 1) statuses.push((await post(`${url}/admin/ping`, {}, headers)).status)
  return statuses
}

const pass = async (moveMs: number) => void vi.setSystemTime(Date.now() + moveMs)

describe('a rate limit', () => {
  it('refuses commands beyond the burst with 429 and Retry-After, until there is a token', async () => {
    const { url, errors } = await start((app) => app.use(tight))
    expect(await ping(url, 2, ada)).toEqual([204, 204])
    const refused = await post(`${url}/admin/ping`, {}, ada)
    expect(refused).toMatchObject({
      status: 429,
      body: {
        code: 'too_many_requests',
        detail: 'You are requesting "admin/ping" too often. Try again in 10 s',
        retryAfterMs: 10_000,
      },
    })
    expect(refused.headers.get('retry-after')).toBe('10')
    await pass(8_500)
    const { headers, body } = await post(`${url}/admin/ping`, {}, ada)
    expect([headers.get('retry-after'), body.retryAfterMs]).toEqual(['2', 1_500])
    await pass(1_500)
    expect(await ping(url, 2, ada)).toEqual([204, 429])
    expect(errors).toEqual([])
  })

  it('counts commands, streams and subscriptions of a caller together', async () => {
    const { url } = await start((app) => app.use(rateLimit({ burst: 4, perSecond: 0.1 })))
    expect(await ping(url, 1, ada)).toEqual([204])
    expect((await post(`${url}/send`, { text: 'hi' }, ada)).status).toBe(200)
    const run = { method: 'POST', body: '{"to":1}', headers: { 'content-type': 'application/json', ...ada } }
    const stream = await open(`${url}/admin/count`, run)
    const [opened, output] = await stream.count(2)
    expect(output?.event).toBe('$output')
    // To read a run that was started is no further call.
    const again = await open(`${url}/admin/count?$run=${JSON.parse(String(opened?.data)).run}`, {
      headers: ada,
    })
    expect(again.response.status).toBe(200)
    const topic = await open(`${url}/ticks`, { headers: ada })
    await topic.count(1)
    for (const request of [
      fetch(`${url}/admin/count`, run),
      fetch(`${url}/ticks`, { headers: ada }),
      fetch(`${url}/admin/ping`, { ...run, body: '{}' }),
    ]) {
      const response = await request
      expect(response.status).toBe(429)
      expect(response.headers.get('retry-after')).toBe('10')
      expect(await response.json()).toMatchObject({ code: 'too_many_requests', retryAfterMs: 10_000 })
    }
    expect(topic.isOver()).toBe(false)
  })

  it('refuses subscriptions on a shared connection one by one', async () => {
    const { url } = await start((app) => app.use(tight))
    const connection = await openShared(url, ada)
    const rooms = ['a', 'b', 'c'].map((id): ControlOperation => ({ subscribe: `room?roomId=${id}` }))
    expect((await connection.control(rooms)).results).toMatchObject([
      { status: 'accepted' },
      { status: 'accepted' },
      { status: 'refused', problem: { code: 'too_many_requests', status: 429, retryAfterMs: 10_000 } },
    ])
    await pass(10_000)
    expect((await connection.control(rooms.slice(2))).results).toMatchObject([{ status: 'accepted' }])
  })

  it('takes no token when a subscription is authorised again', async () => {
    const { url, tidings } = await start((app) => app.use(tight))
    const connection = await openShared(url, ada)
    await connection.control([{ subscribe: 'room?roomId=a' }, { subscribe: 'room?roomId=b' }])
    await tidings.reauthorize({ principal: 'ada' })
    await connection.stream.count(4)
    expect((await connection.control([])).results).toEqual([])
    await tidings.emit.room({ roomId: 'a' }).typing('ada')
    await until(
      () => connection.stream.events.some(({ event }) => event === 'typing'),
      'the topic is still carried',
    )
    expect(connection.stream.events.filter(({ event }) => event === '$error')).toEqual([])
    expect(await ping(url, 1, ada)).toEqual([429])
  })

  it('takes no token for a command that is sent again', async () => {
    const { url } = await start((app) => app.use(tight))
    const keyed = { ...ada, 'idempotency-key': 'one' }
    expect(await ping(url, 4, keyed)).toEqual([204, 204, 204, 204])
    expect(await ping(url, 2, ada)).toEqual([204, 429])
    const refused = { ...ada, 'idempotency-key': 'two' }
    expect(await ping(url, 1, refused)).toEqual([429])
    await pass(10_000)
    expect(await ping(url, 1, refused)).toEqual([204])
  })
})

describe('callers', () => {
  it('have a bucket for each principal, and without one for each address', async () => {
    const { url } = await start((app) => app.use(tight))
    for (const headers of [ada, bob, {}]) expect(await ping(url, 3, headers)).toEqual([204, 204, 429])
  })

  it('are not limited by principal if they have none', async () => {
    const { url, errors } = await start((app) =>
      app.use(rateLimit({ burst: 2, perSecond: 0.1, by: 'principal' })),
    )
    expect(await ping(url, 3, ada)).toEqual([204, 204, 429])
    expect(await ping(url, 3)).toEqual([204, 204, 204])
    expect(errors).toEqual([])
  })

  it('are limited by address whatever their principal', async () => {
    const { url } = await start((app) => app.use(rateLimit({ burst: 2, perSecond: 0.1, by: 'address' })))
    expect([...(await ping(url, 1, ada)), ...(await ping(url, 2, bob))]).toEqual([204, 204, 429])
  })

  it('are known by the text that a function returns, or not limited', async () => {
    const { url } = await start((app) =>
      app.use(
        rateLimit({
          burst: 1,
          perSecond: 0.1,
          by: ({ procedure, context, headers }) =>
            headers.has('x-free') ? undefined : `${procedure.path} ${context}`,
        }),
      ),
    )
    expect(await ping(url, 2, ada)).toEqual([204, 429])
    expect((await post(`${url}/send`, { text: 'hi' }, ada)).status).toBe(200)
    expect(await ping(url, 2, bob)).toEqual([204, 429])
    expect(await ping(url, 2, { ...bob, 'x-free': 'yes' })).toEqual([204, 204])
  })

  it('are told apart by long texts', async () => {
    const { url } = await start((app) =>
      app.use(rateLimit({ burst: 1, perSecond: 0.1, by: ({ context }) => 'x'.repeat(10_000) + context })),
    )
    expect(await ping(url, 2, ada)).toEqual([204, 429])
    expect(await ping(url, 2, bob)).toEqual([204, 429])
  })

  it('with no principal and no known address are not limited, which is reported once', async () => {
    const { tidings, errors } = serve((app) => app.use(tight))
    const handler = fetchHandler(tidings, { path: '/events' })
    const request = () =>
      handler(
        new Request('http://localhost/events/admin/ping', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
        }),
      )
    for (let n = 0; n < 4; n += 1) expect((await request()).status).toBe(204)
    expect(errors).toEqual([
      [
        expect.objectContaining({ message: expect.stringContaining('so they are not limited') }),
        'admin/ping',
      ],
    ])
  })

  it('are refused if the function returns anything else', async () => {
    const { url, errors } = await start((app) =>
      app.use(rateLimit({ burst: 2, perSecond: 0.1, by: (() => 5) as never })),
    )
    expect(await ping(url, 1)).toEqual([500])
    expect(String(errors)).toContain(
      'rateLimit: by returned a value of type number for "admin/ping". Return a text, or undefined for no limit',
    )
  })
})

describe('rate limits', () => {
  it('of the same rate share their buckets unless they have names', async () => {
    const rate = { burst: 4, perSecond: 0.1 }
    const unnamed = await start((app) => app.use(rateLimit(rate)).use(rateLimit(rate)))
    expect(await ping(unnamed.url, 3, ada)).toEqual([204, 204, 429])
    const named = await start((app) => app.use(rateLimit(rate)).use(rateLimit({ ...rate, name: 'other' })))
    expect(await ping(named.url, 5, ada)).toEqual([204, 204, 204, 204, 429])
  })

  it('of different rates both hold', async () => {
    const { url } = await start((app) =>
      app.use(rateLimit({ burst: 3, perSecond: 0.001 })).use(rateLimit({ burst: 2, perSecond: 1 })),
    )
    expect(await ping(url, 2, ada)).toEqual([204, 204])
    await pass(1_000)
    expect(await ping(url, 1, ada)).toEqual([204])
    await pass(1_000)
    const { body } = await post(`${url}/admin/ping`, {}, ada)
    expect(Math.round(body.retryAfterMs / 1_000)).toBe(998)
  })

  it('of two servers count apart', async () => {
    const [one, other] = [await start((app) => app.use(tight)), await start((app) => app.use(tight))]
    for (const { url } of [one, other]) expect(await ping(url, 3, ada)).toEqual([204, 204, 429])
  })

  it.each([
    [undefined, 'options is missing. Give an object with any of burst, perSecond, by, name'],
    [
      { burst: 1, perSecond: 1, per: 'x' },
      'options has unknown key "per". Expected one of burst, perSecond, by, name',
    ],
    [{ perSecond: 1 }, 'burst is missing. Give a number of 1 or more'],
    [{ burst: 0.5, perSecond: 1 }, 'burst is 0.5. Give a number of 1 or more'],
    [{ burst: '5', perSecond: 1 }, 'burst is a value of type string. Give a number of 1 or more'],
    [{ burst: 1, perSecond: 0 }, 'perSecond is 0. Give a number above 0'],
    [{ burst: 1, perSecond: Number.POSITIVE_INFINITY }, 'perSecond is Infinity. Give a number above 0'],
    [{ burst: 1, perSecond: 1, by: 'ip' }, `by is "ip". Give 'principal', 'address' or a function`],
    [{ burst: 1, perSecond: 1, name: 5 }, 'name is a value of type number. Give a text'],
  ])('are refused with the options %j', (options, message) => {
    expect(() => rateLimit(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: `rateLimit: ${message}` }),
    )
  })
})
