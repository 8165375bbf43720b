import { command, defineContract, isoDate, stream, TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, type Handlers, implement, memoryBus, type ServerOptions } from '../src/index.js'
import { mount, open } from './harness.js'

const contract = defineContract({
  send: command({
    input: z.object({ text: z.string().trim().max(20), at: isoDate, urgent: z.boolean().default(false) }),
    output: z.object({ text: z.string(), at: isoDate }),
    errors: { muted: z.object({ until: isoDate }) },
  }),
  ping: command(),
  jobs: {
    count: stream({
      input: z.object({ to: z.number().int() }),
      events: { number: z.number(), at: isoDate, blob: z.string(), done: undefined },
      output: z.object({ total: z.number(), at: isoDate }),
      errors: { tooMany: z.object({ max: z.number(), since: isoDate }) },
    }),
    tick: stream({ events: { tick: z.number() } }),
  },
})

const at = new Date(7)
type Context = { user: string | null }

async function start(
  own: Partial<Handlers<typeof contract, Context>> = {},
  options: Partial<ServerOptions<Context>> = {},
) {
  const onError = vi.fn()
  const tidings = createServer(
    contract,
    {
      context: ({ headers }) => ({ user: headers.get('authorization') }),
      principal: ({ user }) => user ?? undefined,
      onError,
      ...options,
    },
    {
      send: ({ input }) => input,
      ping: () => {},
      jobs: {
        count: async function* ({ input }) {
          for (let n = 1; n <= input.to; n += 1) yield { type: 'number', data: n }
          return { total: input.to, at }
        },
        tick: async () => {},
      },
      ...own,
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { tidings, onError, call: tidings.call }
}

const failed = (code: string, message = '') =>
  expect.objectContaining({ name: 'TidingsError', code, message: expect.stringContaining(message) })

/** What a loop over a run yields, and what it throws. */
async function read(run: AsyncIterable<{ type: string; data: unknown }>) {
  const events: unknown[] = []
  try {
    for await (const { type, data } of run) events.push([type, data])
  } catch (error) {
    events.push(error)
  }
  return events
}

describe('a command that the program calls', () => {
  it('receives its input decoded, and returns its output as a client would receive it', async () => {
    const inputs: unknown[] = []
    const { call } = await start({
      send: ({ input }) => {
        inputs.push(input)
        return { ...input, secret: 1 }
      },
    })
    const given = { text: ' hi ', at, extra: 1 }
    expect(await call.send(given)).toEqual({ text: 'hi', at })
    expect(inputs).toEqual([{ text: 'hi', at, urgent: false }])
    expect(await call.ping()).toBeUndefined()
    expect(await call.ping({ headers: { a: 'b' } })).toBeUndefined()
  })

  it('runs for each call, behind the middleware, with the context that is given or made', async () => {
    const seen: unknown[] = []
    const app = implement(contract, {
      context: ({ headers }) => ({ user: headers.get('authorization') }),
    }).use(async ({ procedure, input, context, headers, address, request, next }) => {
      if (!context.user) throw new TidingsError({ code: 'unauthorized', message: 'Sign in' })
      const result = await next({ context: { user: context.user } })
      seen.push([procedure.path, input, headers.get('cookie'), address, request, result.output])
      return result
    })
    const handlers = app.handlers(contract, {
      send: ({ input, context }) => ({ ...input, text: `${input.text} ${context.user}` }),
      ping: () => {},
      jobs: { count: async () => ({ total: 0, at }), tick: async () => {} },
    })
    const { call, close } = createServer(app, {}, handlers)
    onTestFinished(() => close({ drainMs: 0 }))
    await expect(call.send({ text: 'hi', at })).rejects.toThrow(failed('unauthorized', 'Sign in'))
    await expect(call.jobs.tick().output).rejects.toThrow(failed('unauthorized', 'Sign in'))
    const page = { url: '/' }
    const caller = {
      headers: { cookie: 'a=b', 'idempotency-key': 'same', 'content-type': 'text/html' },
      address: '::1',
      request: page,
    }
    for (const context of [{ user: 'ada' }, { user: 'bob' }]) {
      expect((await call.send({ text: 'hi', at }, { ...caller, context })).text).toBe(`hi ${context.user}`)
    }
    expect((await call.send({ text: 'hi', at }, { headers: { authorization: 'eve' } })).text).toBe('hi eve')
    const input = { text: 'hi', at, urgent: false }
    expect(seen.slice(0, 2)).toEqual([
      ['send', input, 'a=b', '::1', page, { ...input, text: 'hi ada' }],
      ['send', input, 'a=b', '::1', page, { ...input, text: 'hi bob' }],
    ])
  })

  it('fails as for a client: with declared errors, their data decoded', async () => {
    const { call } = await start({
      send: ({ fail }) => {
        throw fail('muted', { until: at })
      },
    })
    const error = await call.send({ text: '', at }).catch((reason: unknown) => reason)
    expect(error).toEqual(failed('muted'))
    expect(error).toMatchObject({ data: { until: at }, status: 422 })
    expect([call.send.isError(error), call.send.isError(new Error())]).toEqual([true, false])
  })

  it('fails with internal for anything unexpected, which is reported', async () => {
    const cause = new Error('secret')
    const { call, onError } = await start({
      send: () => Promise.reject(cause),
      ping: async () => {
        await call.send({ text: '', at })
      },
    })
    await expect(call.send({ text: '', at })).rejects.toThrow(failed('internal', 'failed to handle'))
    expect(onError).toHaveBeenLastCalledWith(cause, { place: 'send' })
    // The error of the inner call was addressed to the handler, and not to its caller.
    await expect(call.ping()).rejects.toThrow(failed('internal'))
    const { call: wrong } = await start({ send: () => ({ text: 1, at }) as never })
    await expect(wrong.send({ text: '', at })).rejects.toThrow(failed('internal'))
  })

  it('is refused for bad input, expired credentials, and a server that is closing', async () => {
    const { tidings, call } = await start()
    await expect(call.send({ text: 'x'.repeat(21), at })).rejects.toThrow(failed('invalid_input', 'text'))
    const context = { user: 'ada', expiresAt: 5 }
    await expect(call.send({ text: '', at }, { context })).rejects.toThrow(failed('unauthorized'))
    await tidings.close({ drainMs: 0 })
    await expect(call.send({ text: '', at })).rejects.toThrow(failed('unavailable', 'closing'))
    await expect(call.jobs.tick().output).rejects.toThrow(failed('unavailable', 'closing'))
  })

  it('ends when its signal fires, and does not begin after that', async () => {
    const signals: AbortSignal[] = []
    const { call, onError } = await start({
      ping: ({ signal }) => {
        signals.push(signal)
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        )
      },
    })
    const controller = new AbortController()
    const called = call.ping({ signal: controller.signal })
    await until(() => signals.length === 1, 'the command ran')
    controller.abort()
    await expect(called).rejects.toThrow(failed('aborted'))
    expect(signals[0]?.aborted).toBe(true)
    await expect(call.ping({ signal: controller.signal })).rejects.toThrow(failed('aborted'))
    expect(signals).toHaveLength(1)
    expect(onError).not.toHaveBeenCalled()
  })
})

describe('a run that the program reads', () => {
  it('yields its events decoded, then has its output', async () => {
    const { call } = await start({
      jobs: {
        count: async function* () {
          yield { type: 'number', data: 1 }
          yield { type: 'at', data: at }
          yield { type: 'done', data: undefined }
          return { total: 1, at, secret: 1 }
        },
        tick: async ({ emit }) => {
          await emit.tick(1)
        },
      },
    })
    const run = call.jobs.count({ to: 1 })
    expect(run.id).toMatch(/^[\w-]{22}$/)
    expect(await read(run)).toEqual([
      ['number', 1],
      ['at', at],
      ['done', undefined],
    ])
    expect(await run.output).toEqual({ total: 1, at })
    // Another loop reads it again, from the beginning.
    expect(await read(run)).toHaveLength(3)
    const tick = call.jobs.tick()
    expect(await tick.output).toBeUndefined()
    expect(await read(tick)).toEqual([['tick', 1]])
  })

  it('needs no loop', async () => {
    const { tidings, call } = await start()
    const run = call.jobs.count({ to: 100_000 })
    expect(await run.output).toEqual({ total: 100_000, at })
    await tidings.close({ drainMs: 0 })
  })

  it('holds its handler back while its loop is slow', async () => {
    let emitted = 0
    const { call } = await start({
      jobs: {
        count: async function* () {
          for (; emitted < 1_000; emitted += 1) yield { type: 'blob', data: 'x'.repeat(1_000) }
          return { total: emitted, at }
        },
        tick: async () => {},
      },
    })
    const run = call.jobs.count({ to: 0 })
    let seen = 0
    for await (const { type } of run) {
      expect(type).toBe('blob')
      seen += 1
      // About 64 KiB, and never everything.
      expect(emitted - seen).toBeLessThan(200)
    }
    expect([seen, await run.output]).toEqual([1_000, { total: 1_000, at }])
  })

  it('fails in its loop and output, with the data of declared errors decoded', async () => {
    const { call } = await start({
      jobs: {
        count: async function* ({ fail }) {
          yield { type: 'number', data: 1 }
          throw fail('tooMany', { max: 1, since: at })
        },
        tick: async () => {
          throw new Error('secret')
        },
      },
    })
    const run = call.jobs.count({ to: 1 })
    const [first, error] = await read(run)
    expect(first).toEqual(['number', 1])
    expect(error).toMatchObject({ code: 'tooMany', data: { max: 1, since: at } })
    expect(call.jobs.count.isError(error)).toBe(true)
    await expect(run.output).rejects.toBe(await run.output.catch((reason: unknown) => reason))
    await expect(run.output).rejects.toMatchObject({ code: 'tooMany', data: { max: 1, since: at } })
    await expect(call.jobs.tick().output).rejects.toThrow(failed('internal', 'failed to handle'))
    expect(await read(call.jobs.count({ to: 0.5 }))).toEqual([failed('invalid_input', 'to')])
  })

  it('ends when its last loop is left, its signal fires, or it is cancelled', async () => {
    const reasons: unknown[] = []
    const { call } = await start({
      jobs: {
        count: async function* ({ signal }) {
          signal.addEventListener('abort', () => reasons.push('ended'))
          for (let n = 0; ; n += 1) yield { type: 'number', data: n }
        },
        tick: async () => {},
      },
    })
    const left = call.jobs.count({ to: 1 })
    for await (const { data } of left) if (data === 3) break
    await expect(left.output).rejects.toThrow(failed('aborted', 'loop'))
    await until(() => reasons.length === 1, 'the first had ended')

    const controller = new AbortController()
    const aborted = call.jobs.count({ to: 1 }, { signal: controller.signal })
    const seen = read(aborted)
    controller.abort()
    expect((await seen).at(-1)).toEqual(failed('aborted'))
    await expect(aborted.output).rejects.toThrow(failed('aborted'))

    const cancelled = call.jobs.count({ to: 1 })
    const all = read(cancelled)
    await cancelled.cancel()
    expect((await all).at(-1)).toEqual(failed('cancelled'))
    await expect(cancelled.output).rejects.toThrow(failed('cancelled'))
    await until(() => reasons.length >= 2, 'the others had ended')
  })

  it.each([
    ['of this server', undefined],
    ['of a node on a bus', memoryBus()],
  ])('can be attached to by a client %s', async (_what, bus) => {
    let finish: () => void = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const count: Handlers<typeof contract, Context>['jobs']['count'] = async function* () {
      yield { type: 'number', data: 1 }
      await finished
      return { total: 1, at }
    }
    const jobs = { count, tick: async () => {} }
    const { tidings, call } = await start({ jobs }, bus && { bus })
    const other = bus ? (await start({ jobs }, { bus: memoryBus({ shareWith: bus }) })).tidings : tidings
    const url = await mount(expressHandler(other))
    const run = call.jobs.count({ to: 1 }, { context: { user: 'ada' } })
    const loop = run[Symbol.asyncIterator]()
    expect(await loop.next()).toEqual({ done: false, value: { type: 'number', data: 1 } })
    const anyone = await open(`${url}/jobs/count?$run=${run.id}`)
    expect(anyone.response.status).toBe(403)
    const { count: events } = await open(`${url}/jobs/count?$run=${run.id}`, {
      headers: { authorization: 'ada' },
    })
    await events(2)
    finish()
    expect((await events(3)).map(({ event }) => event)).toEqual(['$open', 'number', '$output'])
    expect(await loop.next()).toEqual({ done: true, value: undefined })
    expect(await run.output).toEqual({ total: 1, at })
  })
})
