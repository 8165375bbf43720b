import { channel, command, defineContract, isoDate, TidingsError } from '@tidings/core'
import { until } from '@tidings/test-kit'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as z from 'zod'
import { expressHandler } from '../src/express.js'
import { createServer, implement, memoryBus, type ServerOptions } from '../src/index.js'
import { mount, open } from './harness.js'

const contract = defineContract({
  room: channel({
    params: { roomId: z.string().min(1) },
    snapshot: z.object({ messages: z.array(z.string()), at: isoDate }),
    events: { message: z.string() },
  }),
  ticks: channel({ events: { tick: z.number() } }),
  ping: command(),
  nested: {
    board: channel({
      params: { size: z.number().default(3) },
      snapshot: z.object({ size: z.number() }),
      events: { drawn: undefined },
    }),
    clock: channel({ snapshot: z.number(), events: { tick: z.number() } }),
  },
})

const lobby = { roomId: 'lobby' }
const at = new Date(7)

interface Options extends Partial<ServerOptions<{ user: string | null }>> {
  snapshot?: () => Promise<{ messages: string[]; at: Date }>
  onSource?: (signal: AbortSignal) => void
}

/** A server with its messages, to which its emits add. */
async function start({ snapshot, onSource, ...options }: Options = {}) {
  const messages: string[] = []
  const load = vi.fn(snapshot ?? (async () => ({ messages: [...messages], at, secret: 1 })))
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
      room: {
        authorize: ({ params, context }) => params.roomId !== 'staff' || context.user === 'ada',
        snapshot: load,
        ...(onSource && { source: ({ signal }) => onSource(signal) }),
      },
      ping: () => {},
      nested: { board: { snapshot: ({ params }) => params }, clock: { snapshot: () => 5 } },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const url = await mount(expressHandler(tidings))
  const say = async (text: string) => {
    messages.push(text)
    await tidings.emit.room(lobby).message(text)
  }
  /** Subscribes as a page does that continues from a seed. Gives what has come by the time of an event that it emits. */
  const hydrate = async (cursor: string) => {
    const { events } = await open(`${url}/room?roomId=lobby&lastEventId=${cursor}`)
    await until(() => tidings.stats().subscriptions > 0, 'the page was subscribed')
    await say('last')
    await until(() => events.at(-1)?.data === '"last"', 'the last event had come')
    return events.map(({ event, data }) => `${event} ${event === '$gap' ? JSON.parse(data).reason : data}`)
  }
  return { tidings, url, load, onError, say, hydrate }
}

const refused = (code: string, message = '') =>
  expect.objectContaining({ name: 'TidingsError', code, message: expect.stringContaining(message) })

describe('a snapshot for a page', () => {
  it('is the state as a client would receive it, with its position', async () => {
    const { tidings, say } = await start()
    await say('not logged')
    const { value, cursor } = await tidings.snapshot.room(lobby)
    expect(value).toEqual({ messages: ['not logged'], at })
    expect(cursor).toMatch(/^[\w-]+\.0$/)
    expect((await tidings.snapshot.nested.board()).value).toEqual({ size: 3 })
    expect((await tidings.snapshot.nested.board({ size: 4 })).value).toEqual({ size: 4 })
    expect((await tidings.snapshot.nested.clock({ headers: { authorization: 'ada' } })).value).toBe(5)
    expect(Object.keys(tidings.snapshot)).toEqual(['room', 'nested'])
  })

  it.each([0, 1, 3])('misses none of the events after it, in a topic with %i before', async (count) => {
    const { tidings, say, hydrate } = await start()
    const first = await tidings.snapshot.room(lobby)
    for (let n = 0; n < count; n += 1) await say(`before ${n}`)
    const { value, cursor } = await tidings.snapshot.room(lobby)
    expect(cursor).toBe(first.cursor.replace(/0$/, String(count)))
    expect(value.messages).toHaveLength(count)
    for (let n = 0; n < 20; n += 1) await say(`after ${n}`)
    const after = Array.from({ length: 20 }, (_, n) => `message "after ${n}"`)
    expect(await hydrate(cursor)).toEqual([expect.stringContaining('$open'), ...after, 'message "last"'])
  })

  it('has its position from before the load: what is emitted meanwhile follows', async () => {
    let finish: () => void = () => {}
    const loaded = new Promise<void>((resolve) => {
      finish = resolve
    })
    const { tidings, load, say, hydrate } = await start({
      snapshot: async () => {
        await loaded
        return { messages: ['state'], at }
      },
    })
    const seed = tidings.snapshot.room(lobby)
    await until(() => load.mock.calls.length === 1, 'the snapshot was loading')
    await say('meanwhile')
    finish()
    const { cursor } = await seed
    expect(cursor).toMatch(/\.0$/)
    expect((await hydrate(cursor)).slice(1)).toEqual(['message "meanwhile"', 'message "last"'])
  })

  it('shares a load with other pages, unless an event was emitted since it began', async () => {
    let finish: () => void = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const texts: string[] = []
    const { tidings, load, say } = await start({
      snapshot: async () => {
        const state = { messages: [...texts], at }
        await finished
        return state
      },
    })
    const early = [tidings.snapshot.room(lobby), tidings.snapshot.room(lobby)]
    await until(() => load.mock.calls.length === 1, 'the snapshot was loading')
    texts.push('new')
    await say('new')
    const late = tidings.snapshot.room(lobby)
    await until(() => load.mock.calls.length === 2, 'another snapshot was loading')
    finish()
    const seeds = await Promise.all([...early, late])
    expect(seeds.map(({ value }) => value.messages)).toEqual([[], [], ['new']])
    expect(seeds.map(({ cursor }) => cursor.at(-1))).toEqual(['0', '0', '1'])
    expect(load).toHaveBeenCalledTimes(2)
  })

  it('is followed by a gap once the history has expired', async () => {
    const { tidings, say, hydrate } = await start({ history: { ms: 0 } })
    const { cursor } = await tidings.snapshot.room(lobby)
    await new Promise((resolve) => setTimeout(resolve, 2))
    await say('forgotten')
    expect((await hydrate(cursor)).slice(1, 3)).toEqual([
      '$gap history_lost',
      expect.stringMatching(/^\$snapshot .*forgotten/),
    ])
  })

  it('runs the source of its topic, which goes on until the page has subscribed', async () => {
    const signals: AbortSignal[] = []
    const { tidings, hydrate } = await start({ onSource: (signal) => signals.push(signal) })
    const { cursor } = await tidings.snapshot.room(lobby)
    expect(signals).toHaveLength(1)
    await hydrate(cursor)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  })

  it('has the source of its topic stopped if no page subscribes', async () => {
    const signals: AbortSignal[] = []
    const { tidings } = await start({ lingerMs: 1, onSource: (signal) => signals.push(signal) })
    await tidings.snapshot.room(lobby)
    await until(() => signals[0]?.aborted === true, 'the source was stopped')
    expect(tidings.stats().topics).toBe(0)
  })
})

describe('the caller of a snapshot', () => {
  it('is authorised as a subscriber, by headers or by a given context', async () => {
    const { tidings } = await start()
    const staff = { roomId: 'staff' }
    const load = tidings.snapshot.room
    await expect(load(staff)).rejects.toThrow(refused('forbidden', 'You may not subscribe'))
    await expect(load(staff, { headers: { authorization: 'bob' } })).rejects.toThrow(refused('forbidden'))
    await expect(load(staff, { context: { user: 'bob' } })).rejects.toThrow(refused('forbidden'))
    const ada = { authorization: 'ada' }
    // As those of fetch and of Node are.
    for (const headers of [
      ada,
      new Headers(ada),
      { ...ada, cookie: ['a', 'b'], ':path': '/', host: undefined },
    ]) {
      expect((await load(staff, { headers })).cursor).toMatch(/\.0$/)
    }
    expect(
      (await load(staff, { context: { user: 'ada' }, headers: { authorization: 'bob' } })).cursor,
    ).toMatch(/\.0$/)
  })

  it('has its credentials checked for expiry, also in a given context', async () => {
    const { tidings } = await start({ context: () => ({ user: null, expiresAt: 5 }) })
    await expect(tidings.snapshot.room(lobby)).rejects.toThrow(refused('unauthorized'))
    const context = { user: 'ada', expiresAt: new Date(5) }
    await expect(tidings.snapshot.room(lobby, { context })).rejects.toThrow(refused('unauthorized'))
  })

  it('runs the middleware, which receives the request', async () => {
    const seen: unknown[] = []
    const app = implement(contract, { context: () => ({ user: '' }) }).use(async (request) => {
      const { procedure, params, headers, address, isRenewal } = request
      seen.push([procedure, params, headers.get('cookie'), address, request.request, isRenewal])
      if (headers.get('cookie') === null) throw new TidingsError({ code: 'unauthorized', message: 'Sign in' })
      return request.next()
    })
    const tidings = createServer(
      app,
      {},
      app.handlers(contract, {
        room: { snapshot: () => ({ messages: [], at }) },
        ping: () => {},
        nested: { board: { snapshot: () => ({ size: 1 }) }, clock: { snapshot: () => 1 } },
      }),
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    await expect(tidings.snapshot.room(lobby)).rejects.toThrow(refused('unauthorized', 'Sign in'))
    const page = { url: '/lobby' }
    await tidings.snapshot.room(lobby, { headers: { cookie: 'a=b' }, address: '10.0.0.1', request: page })
    const room = { path: 'room', kind: 'channel' }
    expect(seen).toEqual([
      [room, lobby, null, undefined, undefined, false],
      [room, lobby, 'a=b', '10.0.0.1', page, false],
    ])
  })

  it('is refused for bad params, too many topics, and a server that is closing', async () => {
    const { tidings, url } = await start({ limits: { topicsPerPrincipal: 1 } })
    await expect(tidings.snapshot.room({ roomId: '' })).rejects.toThrow(refused('invalid_input', 'roomId'))
    // @ts-expect-error the param is missing
    await expect(tidings.snapshot.room()).rejects.toThrow(refused('invalid_input'))
    const headers = { authorization: 'ada' }
    await open(`${url}/ticks`, { headers })
    await until(() => tidings.stats().subscriptions === 1, 'the subscription had begun')
    await expect(tidings.snapshot.room(lobby, { headers })).rejects.toThrow(refused('too_many_requests'))
    await tidings.snapshot.room(lobby, { headers: { authorization: 'bob' } })
    await tidings.close({ drainMs: 0 })
    await expect(tidings.snapshot.room(lobby)).rejects.toThrow(refused('unavailable', 'closing'))
  })

  it('gets internal for an unexpected error, which is reported', async () => {
    const cause = new Error('secret')
    const { tidings, onError } = await start({ snapshot: () => Promise.reject(cause) })
    await expect(tidings.snapshot.room(lobby)).rejects.toThrow(refused('internal', 'failed to handle'))
    expect(onError).toHaveBeenCalledWith(cause, { place: 'room' })
    expect(tidings.stats().topics).toBe(0)
  })
})

describe('the topic of a snapshot', () => {
  it('is released at the limit of topics, oldest first, so that its page receives a gap', async () => {
    const { tidings, say, hydrate } = await start({ limits: { topics: 2 } })
    const { cursor } = await tidings.snapshot.room(lobby)
    await say('logged')
    for (const roomId of ['b', 'c']) {
      await tidings.snapshot.room({ roomId })
      await tidings.emit.room({ roomId }).message('')
    }
    expect((await hydrate(cursor)).slice(1, 3)).toEqual([
      '$gap history_lost',
      expect.stringMatching(/^\$snapshot .*logged/),
    ])
  })

  it('takes no memory while it has no events, however many pages are rendered', async () => {
    const { tidings, say, hydrate } = await start()
    const { cursor } = await tidings.snapshot.room(lobby)
    for (let n = 0; n < 1_000; n += 1) await tidings.snapshot.room({ roomId: `made up ${n}` })
    expect(tidings.stats().topics).toBe(0)
    await say('kept')
    expect((await hydrate(cursor)).slice(1)).toEqual(['message "kept"', 'message "last"'])
  })

  it('is that of the bus: a page continues on another node from what a third has emitted', async () => {
    const bus = memoryBus()
    const [rendering, emitting, serving] = await Promise.all([
      start({ bus }),
      start({ bus: memoryBus({ shareWith: bus }) }),
      start({ bus: memoryBus({ shareWith: bus }) }),
    ])
    for (const text of ['first', 'second']) {
      const { cursor } = await rendering.tidings.snapshot.room(lobby)
      await emitting.say(text)
      expect((await serving.hydrate(cursor)).slice(1)).toEqual([`message "${text}"`, 'message "last"'])
    }
  })
})
