import { channel, command, defineContract, type Seed, stream, type TidingsError } from '@tidings/core'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import {
  type CommandHandler,
  createServer,
  type Emit,
  type Handlers,
  implement,
  type Tidings,
} from '../src/index.js'
import { contract } from './contract.js'

const handlers = {
  room: { snapshot: () => ({ messages: [] as string[] }) },
  send: () => ({ text: '', sentAt: new Date() }),
  admin: { ping: () => {}, count: async () => ({ total: 0 }) },
}
const tidings = createServer(contract, handlers)

describe('emit', () => {
  it('takes the payloads of the contract, decoded', () => {
    const { message, typing } = tidings.emit.room({ roomId: 'lobby' })
    expectTypeOf(message).parameters.toEqualTypeOf<[payload: { text: string; sentAt: Date }]>()
    expectTypeOf(typing).returns.resolves.toEqualTypeOf<void>()
    expectTypeOf(tidings.emit.ticks).parameters.toEqualTypeOf<[]>()
    expectTypeOf<keyof typeof tidings.emit>().toEqualTypeOf<'room' | 'ticks' | 'admin'>()
  })

  it('knows channels, events, params and payloads', () => {
    const room = tidings.emit.room({ roomId: 'lobby' })
    // @ts-expect-error the event is called message
    void room.massage
    // @ts-expect-error sentAt is a Date here, whatever it is on the wire
    void room.message({ text: 'hi', sentAt: '2026-01-01T00:00:00Z' })
    // @ts-expect-error roomId is a string
    tidings.emit.room({ roomId: 1 })
    // @ts-expect-error room has params
    tidings.emit.room()
    // @ts-expect-error a command is nothing to emit
    void tidings.emit.send
    // @ts-expect-error the contract has no rooms
    void tidings.emit.rooms
  })
})

describe('a snapshot', () => {
  const options = { context: () => ({ user: '' }) }
  const withContext = createServer(contract, options, handlers)

  it('is a seed of the type of the state', () => {
    expectTypeOf(tidings.snapshot.room({ roomId: 'lobby' })).resolves.toEqualTypeOf<
      Seed<{ messages: string[] }>
    >()
    expectTypeOf<keyof typeof tidings.snapshot>().toEqualTypeOf<'room' | 'admin'>()
    // @ts-expect-error the channel has no snapshot
    void tidings.snapshot.ticks
    // @ts-expect-error room has params
    void tidings.snapshot.room()
  })

  it('takes the context of the server, or what that is made from', () => {
    const { room } = withContext.snapshot
    void room({ roomId: 'lobby' }, { context: { user: 'ada' } })
    void room({ roomId: 'lobby' }, { headers: new Headers(), address: '::1', request: {} })
    // @ts-expect-error the context has a user
    void room({ roomId: 'lobby' }, { context: {} })
    // @ts-expect-error the server has no context
    void tidings.snapshot.room({ roomId: 'lobby' }, { context: { user: 'ada' } })
    const app = implement(contract, options)
    const { snapshot } = createServer(app, {}, app.handlers(contract, handlers))
    void snapshot.room({ roomId: 'lobby' }, { context: { user: 'ada' } })
    // @ts-expect-error the context has a user
    void snapshot.room({ roomId: 'lobby' }, { context: { user: 1 } })
  })

  it('of a server whose context is not named takes none', () => {
    const unnamed: Tidings<typeof contract> = withContext
    void unnamed.snapshot.room({ roomId: 'lobby' }, { headers: { cookie: '' } })
    // @ts-expect-error the type does not name the context
    void unnamed.snapshot.room({ roomId: 'lobby' }, { context: { user: 'ada' } })
    const named: Tidings<typeof contract, { user: string }> = withContext
    void named.snapshot.room({ roomId: 'lobby' }, { context: { user: 'ada' } })
    // @ts-expect-error the server needs another context
    const misnamed: Tidings<typeof contract, { user: number }> = withContext
    void misnamed
  })
})

describe('a call', () => {
  it('takes the input and gives the output of the contract', async () => {
    const { call } = tidings
    expectTypeOf(call.send).parameter(0).toEqualTypeOf<{ text: string }>()
    expectTypeOf(call.send({ text: '' })).resolves.toEqualTypeOf<{ text: string; sentAt: Date }>()
    expectTypeOf(call.admin.ping()).resolves.toEqualTypeOf<void>()
    const run = call.admin.count({ to: 1 })
    expectTypeOf(run.output).resolves.toEqualTypeOf<{ total: number }>()
    for await (const event of run) if (event.type === 'late') expectTypeOf(event.data).toEqualTypeOf<Date>()
    expectTypeOf<keyof typeof call>().toEqualTypeOf<'send' | 'admin'>()
    // @ts-expect-error the text is missing
    void call.send({})
    // @ts-expect-error a channel cannot be called
    void call.room
    // @ts-expect-error the server has no context
    void call.send({ text: '' }, { context: {} })
    const error: unknown = undefined
    if (call.send.isError(error) && error.code === 'muted')
      expectTypeOf(error.data.until).toEqualTypeOf<Date>()
  })
})

describe('handlers', () => {
  it('of a channel feed its topic with its own events', () => {
    createServer(
      contract,
      {
        context: ({ headers }) => ({ user: headers.get('authorization') }),
        principal: (context) => {
          expectTypeOf(context).toEqualTypeOf<{ user: string | null }>()
          return context.user ?? undefined
        },
        describe: ({ context }) => {
          expectTypeOf(context).toEqualTypeOf<{ user: string | null }>()
          return context.user !== null
        },
      },
      {
        ...handlers,
        room: {
          snapshot: ({ signal }) => {
            expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
            return { messages: [] }
          },
          source: async ({ params, emit, signal }) => {
            expectTypeOf(params).toEqualTypeOf<{ roomId: string }>()
            expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
            expectTypeOf(emit.message).parameters.toEqualTypeOf<[payload: { text: string; sentAt: Date }]>()
            // @ts-expect-error the event is called message
            void emit.massage
          },
        },
        ticks: { delivery: 'latest', source: ({ emit }) => emit.tick(1) },
      },
    )
    // @ts-expect-error it is every or latest
    createServer(contract, { ...handlers, ticks: { delivery: 'newest' } })
    // @ts-expect-error a principal is text
    createServer(contract, { context: () => ({ id: 5 }), principal: ({ id }) => id }, handlers)
  })

  it('are handed the input, the context and what they may answer with', () => {
    createServer(
      contract,
      { context: async ({ headers }) => ({ user: headers.get('authorization') }) },
      {
        room: {
          authorize: ({ params, context }) => {
            expectTypeOf(params).toEqualTypeOf<{ roomId: string }>()
            expectTypeOf(context).toEqualTypeOf<{ user: string | null }>()
            return true
          },
          snapshot: ({ params }) => ({ messages: [params.roomId] }),
        },
        ticks: { authorize: ({ context }) => context.user !== null },
        send: async ({ input, context, emit, fail, signal }) => {
          expectTypeOf(input).toEqualTypeOf<{ text: string }>()
          expectTypeOf(context).toEqualTypeOf<{ user: string | null }>()
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
          expectTypeOf(fail('muted', { until: new Date() })).toEqualTypeOf<
            TidingsError<'muted', { until: Date }>
          >()
          // @ts-expect-error until is a Date
          fail('muted', { until: 'later' })
          // @ts-expect-error the contract declares no such error
          fail('banned', {})
          await emit.room({ roomId: 'lobby' }).typing(input.text)
          return { text: input.text, sentAt: new Date() }
        },
        admin: {
          ping: ({ input }) => {
            expectTypeOf(input).toEqualTypeOf<void>()
          },
          count: async function* ({ input, broadcast }) {
            await broadcast.ticks().tick(input.to)
            yield { type: 'number', data: input.to }
            yield { type: 'late', data: new Date() }
            return { total: input.to }
          },
        },
      },
    )
  })

  it('of a command may be an object with its function and its own time', () => {
    createServer(
      contract,
      { context: ({ headers }) => ({ user: headers.get('authorization') }) },
      {
        ...handlers,
        send: {
          run: async ({ input, context, emit, fail, signal }) => {
            expectTypeOf(input).toEqualTypeOf<{ text: string }>()
            expectTypeOf(context).toEqualTypeOf<{ user: string | null }>()
            expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
            expectTypeOf(fail('muted', { until: new Date() })).toEqualTypeOf<
              TidingsError<'muted', { until: Date }>
            >()
            // @ts-expect-error the contract declares no such error
            fail('banned', {})
            await emit.room({ roomId: 'lobby' }).typing(input.text)
            return { text: input.text, sentAt: new Date() }
          },
          idempotencyMs: 0,
        },
        admin: {
          count: handlers.admin.count,
          ping: {
            run: ({ input }) => {
              expectTypeOf(input).toEqualTypeOf<void>()
            },
          },
        },
      },
    )
    const run = () => ({ text: '', sentAt: new Date() })
    // @ts-expect-error run is missing
    createServer(contract, { ...handlers, send: { idempotencyMs: 0 } })
    // @ts-expect-error it is called idempotencyMs
    createServer(contract, { ...handlers, send: { run, idempotency: 0 } })
    // @ts-expect-error it is a number of milliseconds
    createServer(contract, { ...handlers, send: { run, idempotencyMs: '5s' } })
    // @ts-expect-error sentAt is missing in what send answers
    createServer(contract, { ...handlers, send: { run: () => ({ text: '' }) } })
    createServer(contract, {
      ...handlers,
      admin: {
        ...handlers.admin,
        count: {
          run: async function* ({ input }) {
            expectTypeOf(input).toEqualTypeOf<{ to: number }>()
            yield { type: 'number', data: input.to }
            return { total: input.to }
          },
          authorize: ({ startedBy }) => startedBy === 'ada',
          lingerMs: Number.POSITIVE_INFINITY,
        },
      },
    })
    const count = async () => ({ total: 1 })
    // @ts-expect-error it is called lingerMs
    createServer(contract, { ...handlers, admin: { ...handlers.admin, count: { run: count, linger: 5 } } })
  })

  it('have types by name', () => {
    type Named = Handlers<typeof contract, { user: string }>
    const send: Named['send'] = async ({ input, context, emit }) => {
      expectTypeOf(context).toEqualTypeOf<{ user: string }>()
      await emit.ticks().tick(1)
      return { text: input.text, sentAt: new Date() }
    }
    const room: Named['room'] = { snapshot: ({ params }) => ({ messages: [params.roomId] }) }
    createServer(contract, { context: () => ({ user: 'ada' }) }, { ...handlers, room, send })
    type Send = CommandHandler<
      { text: string },
      { text: string; sentAt: Date },
      { muted: { until: Date } },
      { user: string },
      Emit<typeof contract>
    >
    expectTypeOf<Named['send']>().toEqualTypeOf<Send>()
  })

  it('may be an async function for a stream, with its own emit', () => {
    createServer(contract, {
      ...handlers,
      admin: {
        ping: () => {},
        count: async ({ emit }) => {
          await emit.late(new Date())
          // @ts-expect-error number takes a number
          await emit.number('1')
          return { total: 1 }
        },
      },
    })
  })

  it('have to be there, and right', () => {
    const { send: _send, ...withoutSend } = handlers
    // @ts-expect-error send is missing
    createServer(contract, withoutSend)
    // @ts-expect-error the group with ping and count is missing
    createServer(contract, { room: handlers.room, send: handlers.send })
    // @ts-expect-error the contract promises a snapshot
    createServer(contract, { ...handlers, room: {} })
    // @ts-expect-error ticks has no snapshot
    createServer(contract, { ...handlers, ticks: { snapshot: () => 1 } })
    // @ts-expect-error sentAt is missing in what send answers
    createServer(contract, { ...handlers, send: () => ({ text: '' }) })
    // @ts-expect-error the contract has no sned
    createServer(contract, { ...handlers, sned: () => {} })
    const admin = { ping: () => {}, count: async () => ({ total: 0 }) }
    createServer(contract, {
      ...handlers,
      admin: {
        ...admin,
        // @ts-expect-error the event is called number
        count: async function* () {
          yield { type: 'nombre', data: 1 }
          return { total: 1 }
        },
      },
    })
  })
})

describe('events and errors without data', () => {
  const bare = defineContract({
    room: channel({ events: { done: undefined, message: z.string() } }),
    send: command({ errors: { expired: undefined, full: z.number() } }),
    complete: stream({ events: { done: undefined, token: z.string() }, errors: { expired: undefined } }),
  })

  it('are emitted, yielded and failed with by their names alone', () => {
    const { emit } = createServer(bare, {
      send: ({ fail }) => {
        expectTypeOf(fail('expired')).toEqualTypeOf<TidingsError<'expired', undefined>>()
        fail('expired', undefined, 'It has expired')
        fail('full', 5, 'It is full')
        // @ts-expect-error full has data
        fail('full')
        // @ts-expect-error expired has no data
        fail('expired', 5)
      },
      complete: async function* ({ emit, fail }) {
        expectTypeOf(emit.done).toEqualTypeOf<() => Promise<void>>()
        yield { type: 'done' }
        yield { type: 'done', data: undefined }
        yield { type: 'token', data: 'a' }
        throw fail('expired')
      },
    })
    expectTypeOf(emit.room().done).toEqualTypeOf<() => Promise<void>>()
    // @ts-expect-error done has no data
    void emit.room().done('now')
    // @ts-expect-error message has data
    void emit.room().message()
    const bareToken = async function* () {
      yield { type: 'token' as const }
    }
    // @ts-expect-error a token has data
    createServer(bare, { send: () => {}, complete: bareToken })
  })
})

describe('what has a default', () => {
  it('may be left out where a topic is named, and is there for handlers', () => {
    const mine = defineContract({
      room: channel({
        params: { page: z.number().default(1) },
        events: { page: z.object({ n: z.number().default(1) }) },
      }),
      list: command({ input: z.object({ limit: z.number().default(20) }) }),
    })
    const { emit } = createServer(mine, {
      room: {
        authorize: ({ params }) => {
          expectTypeOf(params).toEqualTypeOf<{ page: number }>()
          return true
        },
      },
      list: ({ input }) => {
        expectTypeOf(input).toEqualTypeOf<{ limit: number }>()
      },
    })
    expectTypeOf(emit.room).parameters.toEqualTypeOf<[params?: { page?: number | undefined } | undefined]>()
    void emit.room().page({ n: 1 })
    // @ts-expect-error what is emitted is whole
    void emit.room().page({})
  })
})
