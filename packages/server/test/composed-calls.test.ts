import { TidingsError } from '@tidings/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { expressHandler, expressRequest } from '../src/express.js'
import { fetchRequest } from '../src/fetch.js'
import {
  createServer,
  implement,
  type Middleware,
  type MiddlewareRequest,
  type ServerMiddleware,
} from '../src/index.js'
import { nodeRequest } from '../src/node.js'
import { contract } from './contract.js'
import { mount, open, post } from './harness.js'

interface Given {
  readonly middleware?: readonly (Middleware | ServerMiddleware)[]
  send?(text: string): void
  readonly count?: 'generator' | 'function'
}

/** A server whose procedures all run behind some middleware. */
async function start({ middleware = [], send = () => {}, count = 'generator' }: Given) {
  const errors: unknown[] = []
  let app = implement(contract, {
    context: ({ headers }) => ({ user: headers.get('authorization') }),
    principal: ({ user }) => user ?? undefined,
  })
  for (const each of middleware) app = app.use(each)
  const part = app.handlers(contract, {
    room: { snapshot: () => ({ messages: [] }) },
    send: ({ input }) => {
      send(input.text)
      return { text: input.text, sentAt: new Date(0) }
    },
    admin: {
      ping: () => {},
      count:
        count === 'generator'
          ? async function* ({ input }) {
              for (let n = 1; n <= input.to; n += 1) yield { type: 'number', data: n }
              send(String(input.to))
              return { total: input.to }
            }
          : async ({ input, emit }) => {
              for (let n = 1; n <= input.to; n += 1) await emit.number(n)
              send(String(input.to))
              return { total: input.to }
            },
    },
  })
  const tidings = createServer(app, { onError: (error) => errors.push(error) }, part)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, errors, url: await mount(expressHandler(tidings)) }
}

const json = { 'content-type': 'application/json' }
const countTo = (url: string, to: number) =>
  open(`${url}/admin/count`, { method: 'POST', headers: json, body: JSON.stringify({ to }) })

/** Retries once. */
const retry: Middleware = async ({ next }) => {
  try {
    return await next()
  } catch {
    return next()
  }
}

describe('middleware of a command', () => {
  it('runs in the order in which it was added, around the handler', async () => {
    const order: string[] = []
    const named =
      (name: string): Middleware =>
      async ({ next }) => {
        order.push(`${name} begins`)
        const result = await next()
        order.push(`${name} ends`)
        return result
      }
    const { url } = await start({ middleware: [named('a'), named('b')], send: () => order.push('handler') })
    await post(`${url}/send`, { text: 'hi' })
    expect(order).toEqual(['a begins', 'b begins', 'handler', 'b ends', 'a ends'])
  })

  it('receives the call', async () => {
    const calls: unknown[] = []
    const record: Middleware = async ({ next, context: _context, headers, signal, request, ...call }) => {
      const { output } = await next()
      calls.push({ ...call, output, agent: headers.get('x-agent'), isLeft: signal.aborted })
      calls.push(expressRequest(request).get('x-agent'), nodeRequest(request).method)
      return next()
    }
    const { url } = await start({ middleware: [record] })
    await post(`${url}/send`, { text: 'hi' }, { authorization: 'ada', 'x-agent': 'test' })
    expect(calls).toEqual([
      {
        procedure: { path: 'send', kind: 'command' },
        input: { text: 'hi' },
        params: undefined,
        address: expect.stringContaining('127.0.0.1'),
        principal: 'ada',
        isRenewal: false,
        output: { text: 'hi', sentAt: new Date(0) },
        agent: 'test',
        isLeft: false,
      },
      'test',
      'POST',
    ])
  })

  it('may retry once the first run has failed', async () => {
    const runs: string[] = []
    const send = (text: string) => {
      if (runs.push(text) === 1) throw new Error('the database is away')
    }
    const { url, errors } = await start({ middleware: [retry], send })
    expect((await post(`${url}/send`, { text: 'hi' })).status).toBe(200)
    expect([runs.length, errors]).toEqual([2, []])
  })

  it('refuses with a status and Retry-After', async () => {
    const limit: Middleware = () => {
      throw new TidingsError({ code: 'too_many_requests', message: 'Slow down', retryAfterMs: 1_500 })
    }
    const { url, errors } = await start({ middleware: [limit] })
    const refused = await post(`${url}/send`, { text: 'hi' })
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests', retryAfterMs: 1_500 } })
    expect(refused.headers.get('retry-after')).toBe('2')
    const stream = await post(`${url}/admin/count`, { to: 1 })
    expect(stream).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
    expect(errors).toEqual([])
  })

  it('sees what the handler throws, which onError receives as well', async () => {
    const seen: unknown[] = []
    const logging: Middleware = async ({ next }) => {
      try {
        return await next()
      } catch (error) {
        seen.push(error)
        throw error
      }
    }
    const failure = new Error('broken')
    const { url, errors } = await start({
      middleware: [logging],
      send: () => {
        throw failure
      },
    })
    expect((await post(`${url}/send`, { text: 'hi' })).status).toBe(500)
    expect([seen, errors]).toEqual([[failure], [failure]])
  })

  it('does not run for a response that is replayed, and its refusal is not kept', async () => {
    let calls = 0
    const refuseFirst: Middleware = ({ next }) => {
      calls += 1
      if (calls === 1) throw new TidingsError({ code: 'too_many_requests' })
      return next()
    }
    const { url } = await start({ middleware: [refuseFirst] })
    const send = () => post(`${url}/send`, { text: 'hi' }, { 'idempotency-key': 'k' })
    expect([(await send()).status, (await send()).status, (await send()).status]).toEqual([429, 200, 200])
    expect(calls).toBe(2)
  })
})

describe('a mistake in middleware is reported', () => {
  it.each<[string, Middleware, string]>([
    [
      'no result',
      (async ({ next }: MiddlewareRequest<unknown>) => void (await next())) as never,
      'returned undefined',
    ],
    ['two runs at once', async ({ next }) => (await Promise.all([next(), next()]))[0], 'was pending'],
  ])('%s', async (_what, middleware, message) => {
    const { url, errors } = await start({ middleware: [middleware] })
    expect((await post(`${url}/send`, { text: 'hi' })).status).toBe(500)
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining(message) })])
  })

  it('keys added to a context that is not a plain object', async () => {
    const app = implement(contract, { context: () => new URL('http://a') }).use(({ next }) =>
      next({ context: { user: 'ada' } }),
    )
    const errors: unknown[] = []
    const rest = {
      room: { snapshot: () => ({ messages: [] }) },
      send: () => ({ text: '', sentAt: new Date() }),
    }
    const part = app.handlers(contract, {
      ...rest,
      admin: { ping: () => {}, count: async () => ({ total: 0 }) },
    })
    const url = await mount(
      expressHandler(createServer(app, { onError: (error) => errors.push(error) }, part)),
    )
    expect((await post(`${url}/admin/ping`, {})).status).toBe(500)
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('not a plain object') }),
    ])
  })
})

describe.each(['generator', 'function'] as const)('middleware of a stream, as a %s', (count) => {
  it('wraps the whole run', async () => {
    const order: unknown[] = []
    const timing: Middleware = async ({ next }) => {
      const result = await next()
      order.push(result.output)
      return result
    }
    const { url } = await start({ middleware: [timing], count, send: (to) => order.push(to) })
    const run = await countTo(url, 2)
    const [, ...events] = await run.count(4)
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ['number', '1'],
      ['number', '2'],
      ['$output', '{"total":2}'],
    ])
    expect(order).toEqual(['2', { total: 2 }])
  })

  it('may retry before the first event, and not after', async () => {
    const runs: string[] = []
    const send = (to: string) => {
      if (runs.push(to) === 1) throw new Error('away')
    }
    const before = await start({ middleware: [retry], count, send })
    expect((await (await countTo(before.url, 0)).count(2)).at(-1)).toMatchObject({ event: '$output' })
    expect(runs).toEqual(['0', '0'])
    const after = await start({
      middleware: [retry],
      count,
      send: () => {
        throw new Error('away')
      },
    })
    const events = await (await countTo(after.url, 1)).count(3)
    expect(events.map(({ event }) => event)).toEqual(['$open', 'number', '$error'])
    expect(after.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('after it had sent events') }),
    ])
  })
})

describe('a middleware with state', () => {
  it('is started once for each server, with its bus, its clock and a signal that fires when it closes', async () => {
    const started: unknown[] = []
    const signals: AbortSignal[] = []
    const counting: ServerMiddleware = {
      start: ({ bus, clock, signal }) => {
        started.push([bus, clock.now() > 0])
        signals.push(signal)
        let calls = 0
        return ({ next }) => {
          calls += 1
          if (calls > 2) throw new TidingsError({ code: 'too_many_requests' })
          return next()
        }
      },
    }
    const { url, tidings } = await start({ middleware: [counting] })
    const statuses = [
      (await post(`${url}/send`, { text: 'a' })).status,
      (await post(`${url}/admin/ping`, {})).status,
      (await post(`${url}/send`, { text: 'b' })).status,
    ]
    expect(statuses).toEqual([200, 204, 429])
    expect([started, signals[0]?.aborted]).toEqual([[[undefined, true]], false])
    await tidings.close({ drainMs: 0 })
    expect(signals[0]?.aborted).toBe(true)
  })
})

describe("the host's own request", () => {
  it('has its type checked at run time', () => {
    expect(() => expressRequest({})).toThrow('expressRequest: the server is not mounted in Express')
    expect(() => nodeRequest(new Request('http://a'))).toThrow("not mounted in Node's HTTP server")
    expect(() => fetchRequest(undefined)).toThrow('another node forwarded this request')
    expect(fetchRequest(new Request('http://a/b')).url).toBe('http://a/b')
  })
})
