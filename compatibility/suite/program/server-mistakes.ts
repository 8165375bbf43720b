import { createEmitter, createServer, memoryBus } from '@tidings/server'
import { contract } from './contract.js'

/** Makes one mistake with each part of a server: see client-mistakes.ts. */
export const server = createServer(
  contract,
  {
    context: ({ headers }) => ({ user: headers.get('authorization') }),
    principal: ({ user }) => user ?? undefined,
  },
  {
    room: {
      authorize: ({ params, context }) => {
        // @ts-expect-error roomId is a string
        params.roomId.getTime()
        // @ts-expect-error user may be null
        return context.user.length > 0
      },
      snapshot: ({ params, signal }) => {
        // @ts-expect-error a signal has no such property
        if (signal.fired) return { messages: [] }
        // @ts-expect-error the channel has no such param
        params.room
        return { messages: [] }
      },
    },
    send: async ({ input, emit, fail, context }) => {
      context.user?.length
      // @ts-expect-error text is a string
      input.text.getTime()
      const { roomId, ...rest } = input
      // @ts-expect-error sentAt is missing
      await emit.room({ roomId }).message({ id: '1', ...rest })
      // @ts-expect-error until is a Date
      if (rest.author === '') throw fail('muted', { until: 'later' })
      return { id: '1', sentAt: new Date(), ...rest }
    },
    complete: async function* ({ input }) {
      // @ts-expect-error prompt is a string
      input.prompt.getTime()
      yield { type: 'token', data: input.prompt }
      return { tokens: 1 }
    },
  },
)

export const withoutOptions = createServer(contract, {
  room: {
    snapshot: ({ params }) => ({
      messages: [{ id: params.roomId, author: '', text: '', sentAt: new Date() }],
    }),
  },
  send: ({ input }) => ({ id: '1', sentAt: new Date(), author: input.author, text: input.text }),
  complete: async ({ input, emit }) => {
    // @ts-expect-error a token is a string
    void emit.token(input.prompt.length)
    return { tokens: 1 }
  },
})

// @ts-expect-error the period is a number of milliseconds
createServer(contract, { heartbeatMs: '15s' }, {} as never)
// @ts-expect-error complete is missing
createServer(contract, { room: { snapshot: () => ({ messages: [] }) }, send: async () => ({}) as never })

// @ts-expect-error a command cannot be emitted to
void server.emit.send
// @ts-expect-error the drain is a number of milliseconds
await server.close({ drainMs: '10s' })
// @ts-expect-error stats count no such thing
void server.stats().listeners

export const emitter = createEmitter(contract, { bus: memoryBus() })
// @ts-expect-error the event is called message
void emitter.emit.room({ roomId: 'lobby' }).massage
// @ts-expect-error an emitter serves no requests
void emitter.handle
