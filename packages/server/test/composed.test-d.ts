import { TidingsError } from '@tidings/core'
import { describe, expectTypeOf, it } from 'vitest'
import {
  createServer,
  implement,
  type Middleware,
  type MiddlewareServer,
  rateLimit,
  type ServerMiddleware,
} from '../src/index.js'
import type { MemberCheck, PartsCheck, PartsMistake } from '../src/lib/middleware/parts-check.js'
import { contract } from './composed/contract.js'
import { contract as otherContract } from './contract.js'

interface User {
  id: string
}

const app = implement(contract, {
  context: ({ headers, request }) => {
    expectTypeOf(request).toEqualTypeOf<object | undefined>()
    const id = headers.get('authorization')
    return { user: id === null ? undefined : ({ id } as User), locale: 'en' }
  },
  principal: (context) => {
    expectTypeOf(context).toEqualTypeOf<{ user: User | undefined; locale: string }>()
    return context.user?.id
  },
})
const members = app.use(({ context, next }) => {
  if (!context.user) throw new TidingsError({ code: 'unauthorized' })
  return next({ context: { user: context.user } })
})

describe('middleware', () => {
  it('receives the call, with an input of no known type', () => {
    app.use(
      async ({ procedure, context, input, params, headers, address, principal, request, signal, next }) => {
        expectTypeOf(procedure.kind).toEqualTypeOf<'channel' | 'command' | 'stream'>()
        expectTypeOf(procedure.path).toEqualTypeOf<string>()
        expectTypeOf(context).toEqualTypeOf<{ user: User | undefined; locale: string }>()
        expectTypeOf({ input, params }).toEqualTypeOf<{ input: unknown; params: unknown }>()
        expectTypeOf(headers).toEqualTypeOf<Headers>()
        expectTypeOf({ address, principal }).toEqualTypeOf<{
          address: string | undefined
          principal: string | undefined
        }>()
        expectTypeOf(request).toEqualTypeOf<object | undefined>()
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
        const result = await next()
        expectTypeOf(result.output).toEqualTypeOf<unknown>()
        return result
      },
    )
    // @ts-expect-error it returns the result of next
    app.use(async ({ next }) => {
      await next()
    })
    // @ts-expect-error it is context that next adds to
    app.use(({ next }) => next({ user: 5 }))
  })

  it('narrows the context of handlers, also in a nested group', () => {
    members.handlers(contract.rooms, {
      room: {
        authorize: ({ params, context }) => {
          expectTypeOf(params).toEqualTypeOf<{ roomId: string }>()
          expectTypeOf(context).toEqualTypeOf<{ user: User; locale: string }>()
          return true
        },
        snapshot: () => ({ messages: [] }),
      },
      send: async ({ input, context, emit, fail }) => {
        expectTypeOf(input).toEqualTypeOf<{ roomId: string; text: string }>()
        expectTypeOf(context.user).toEqualTypeOf<User>()
        expectTypeOf(fail('muted', { until: new Date() })).toEqualTypeOf<
          TidingsError<'muted', { until: Date }>
        >()
        // @ts-expect-error the contract declares no such error
        fail('banned')
        await emit.rooms.room({ roomId: input.roomId }).message(input.text)
        await emit.status().changed('sent')
        return { by: context.user.id, sentAt: new Date() }
      },
      admin: {
        clear: ({ context }) => {
          expectTypeOf(context.user).toEqualTypeOf<User>()
          return context.user.id
        },
      },
    })
    app.handlers(contract.rooms.admin, {
      clear: ({ context }) => {
        expectTypeOf(context.user).toEqualTypeOf<User | undefined>()
        // @ts-expect-error user may be undefined
        return context.user.id
      },
    })
  })

  it('narrows once more behind another', () => {
    const admins = members.use(({ context, next }) => {
      expectTypeOf(context.user).toEqualTypeOf<User>()
      return next({ context: { user: { ...context.user, isAdmin: true as const }, since: new Date() } })
    })
    admins.handlers(contract.billing, {
      export: async function* ({ context, broadcast }) {
        expectTypeOf(context).toEqualTypeOf<{
          user: { isAdmin: true; id: string }
          since: Date
          locale: string
        }>()
        await broadcast.status().changed('exporting')
        yield { type: 'row', data: 1 }
        return { by: context.user.id }
      },
      summarise: async ({ context, emit }) => {
        expectTypeOf(context.since).toEqualTypeOf<Date>()
        await emit.row(1)
        return 1
      },
    })
  })

  it('keeps the context as it is if only one branch narrows it', () => {
    const some = app.use(({ context, next }) => {
      if (!context.user) return next()
      return next({ context: { user: context.user } })
    })
    some.handlers(contract.ping, ({ context }) => {
      expectTypeOf(context.user).toEqualTypeOf<User | undefined>()
      return ''
    })
  })

  it('adds to the context of an app without one', () => {
    implement(contract)
      .use(({ context, next }) => {
        expectTypeOf(context).toEqualTypeOf<undefined>()
        return next({ context: { user: 'ada' } })
      })
      .handlers(contract.ping, ({ context }) => {
        expectTypeOf(context).toEqualTypeOf<{ user: string }>()
        return context.user
      })
  })

  it('is written apart from an app, for every context or for some', () => {
    const timing: Middleware = async ({ next }) => next()
    const signedIn: Middleware<{ user: User | undefined }, { user: User }> = ({ context, next }) => {
      if (!context.user) throw new TidingsError({ code: 'unauthorized' })
      return next({ context: { user: context.user } })
    }
    const limit: ServerMiddleware = {
      start: (server) => {
        expectTypeOf(server).toEqualTypeOf<MiddlewareServer>()
        return ({ principal, next }) => (principal ? next() : Promise.reject(new Error()))
      },
    }
    const all = app.use(timing).use(signedIn).use(limit)
    all.handlers(contract.ping, ({ context }) => {
      expectTypeOf(context).toEqualTypeOf<{ user: User; locale: string }>()
      return ''
    })
    // @ts-expect-error the context has no user
    implement(contract, { context: () => ({ locale: 'en' }) }).use(signedIn)
  })
})

describe('rateLimit', () => {
  const rate = { burst: 20, perSecond: 2 }

  it('fits every app, and leaves its context as it is', () => {
    const limit = rateLimit(rate)
    expectTypeOf(limit).toEqualTypeOf<ServerMiddleware>()
    for (const limited of [members.use(limit), members.use(rateLimit({ ...rate, by: 'principal' }))]) {
      limited.handlers(contract.ping, ({ context }) => {
        expectTypeOf(context).toEqualTypeOf<{ user: User; locale: string }>()
        return ''
      })
    }
    implement(contract).use(limit)
  })

  it('gives `by` the request, with the context of the app', () => {
    members.use(
      rateLimit({
        ...rate,
        by: ({ context, procedure, principal, address, headers, input }) => {
          expectTypeOf(context).toEqualTypeOf<{ user: User; locale: string }>()
          expectTypeOf(procedure.kind).toEqualTypeOf<'channel' | 'command' | 'stream'>()
          expectTypeOf({ principal, address }).toEqualTypeOf<{
            principal: string | undefined
            address: string | undefined
          }>()
          expectTypeOf(headers).toEqualTypeOf<Headers>()
          expectTypeOf(input).toEqualTypeOf<unknown>()
          return context.user.id
        },
      }),
    )
    // @ts-expect-error the context has no team
    members.use(rateLimit({ ...rate, by: ({ context }) => context.team }))
    // @ts-expect-error it returns a text
    members.use(rateLimit({ ...rate, by: () => 5 }))
    // @ts-expect-error the server knows callers by principal or address
    rateLimit({ ...rate, by: 'ip' })
    // @ts-expect-error perSecond is missing
    rateLimit({ burst: 5 })
  })
})

const rooms = members.handlers(contract.rooms, {
  room: { snapshot: () => ({ messages: [] }) },
  send: () => ({ by: '', sentAt: new Date() }),
  admin: { clear: () => '' },
})
const admin = app.handlers(contract.rooms.admin, { clear: () => '' })
const billing = app.handlers(contract.billing, {
  export: async () => ({ by: '' }),
  summarise: async () => 1,
})
const ping = app.handlers(contract.ping, () => '')

type Check<Parts> = PartsCheck<typeof contract, Parts>

describe('the parts of a server', () => {
  it('are made for the contract, a group or a procedure', () => {
    const { emit } = createServer(app, { onError: () => {} }, { rooms, billing, ping })
    expectTypeOf(emit.rooms.room).parameters.toEqualTypeOf<[params: { roomId: string }]>()
    createServer(app, { rooms, billing, ping })
    createServer(
      app,
      {
        describe: ({ context }) => {
          expectTypeOf(context).toEqualTypeOf<{ user: User | undefined; locale: string }>()
          return context.user !== undefined
        },
      },
      { rooms, billing, ping },
    )
    const room = app.handlers(contract.rooms.room, { snapshot: () => ({ messages: [] }) })
    const send = app.handlers(contract.rooms.send, { run: () => ({ by: '', sentAt: new Date() }) })
    const status = app.handlers(contract.status, { delivery: 'latest' })
    createServer(app, {}, { rooms: { room, send, admin }, billing, ping, status })
    const whole = app.handlers(contract, {
      rooms: {
        room: { snapshot: () => ({ messages: [] }) },
        send: () => ({ by: '', sentAt: new Date() }),
        admin: { clear: () => '' },
      },
      billing: { export: async () => ({ by: '' }), summarise: async () => 1 },
      ping: () => '',
    })
    createServer(app, whole)
    createServer(app, {}, whole)
  })

  it('must all be there', () => {
    // @ts-expect-error the part "billing" is missing
    createServer(app, {}, { rooms, ping })
    // @ts-expect-error the part "rooms.room" is missing
    createServer(app, {}, { rooms: { admin }, billing, ping })
    expectTypeOf<Check<{ rooms: typeof rooms; ping: typeof ping }>>().toEqualTypeOf<
      PartsMistake<'The part "billing" is missing. Make it with app.handlers(contract.billing, …)'>
    >()
    expectTypeOf<Check<{ rooms: { admin: typeof admin }; billing: typeof billing }>>().toEqualTypeOf<
      PartsMistake<
        | 'The part "rooms.room" is missing. Make it with app.handlers(contract.rooms.room, …)'
        | 'The part "rooms.send" is missing. Make it with app.handlers(contract.rooms.send, …)'
        | 'The part "ping" is missing. Make it with app.handlers(contract.ping, …)'
      >
    >()
  })

  it('stand where the contract has what they implement', () => {
    // @ts-expect-error billing is made for another group
    createServer(app, {}, { rooms: billing, billing, ping })
    // @ts-expect-error the part has the handlers of a group, and not of the contract
    createServer(app, {}, rooms)
    // @ts-expect-error the contract has no chat
    createServer(app, {}, { rooms, billing, ping, chat: rooms })
    // @ts-expect-error a function is not a part
    createServer(app, {}, { rooms, billing, ping: () => '' })
    type Parts = { rooms: typeof billing; billing: typeof billing; ping: () => string; chat: typeof rooms }
    expectTypeOf<Check<Parts>>().toEqualTypeOf<{
      readonly rooms: PartsMistake<'The part at "rooms" has the handlers of another member of the contract. Make it with app.handlers() for "rooms"'>
      readonly billing: unknown
      readonly ping: PartsMistake<'"ping" is not a part. Make it with app.handlers(contract.ping, …)'>
      readonly chat: PartsMistake<'The contract has no "chat". Remove the part, or declare what it implements in the contract'>
    }>()
  })

  it('have handlers for what the contract declares', () => {
    // @ts-expect-error the contract has no wipe
    app.handlers(contract.rooms.admin, { clear: () => '', wipe: () => '' })
    // @ts-expect-error clear is missing
    app.handlers(contract.rooms.admin, {})
    // @ts-expect-error the group is of another contract
    app.handlers(otherContract.admin, {})
    expectTypeOf<MemberCheck<typeof contract, typeof otherContract.admin>>().toEqualTypeOf<
      PartsMistake<'This is not the contract given to implement(), nor a member of it. Give the contract, or a member: contract.rooms'>
    >()
  })

  it('take context and principal from implement', () => {
    // @ts-expect-error context belongs to implement
    createServer(app, { context: () => ({}) }, { rooms, billing, ping })
    // @ts-expect-error principal belongs to implement
    createServer(app, { principal: () => '' }, { rooms, billing, ping })
  })
})
