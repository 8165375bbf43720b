import { createEmitter, createServer, memoryBus } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { contract } from '../contract/contract.js'

export const tidings = createServer(
  contract,
  { context: ({ headers }) => ({ user: headers.get('authorization') }) },
  {
    chat: {
      room: { authorize: ({ context }) => context.user !== null, snapshot: () => ({ messages: [] }) },
      send: async ({ input, emit }) => {
        const message = {
          id: '1',
          text: input.text,
          sentAt: new Date(),
          likes: BigInt(1),
          link: null,
          reactions: new Map([['like', 1]]),
          readers: new Set(['ada']),
        }
        await emit.chat.room({ roomId: input.roomId }).message(message)
        return message
      },
    },
    ping: () => 'pong' as const,
    complete: async function* ({ input }) {
      yield { type: 'token', data: input.prompt }
      return { tokens: input.temperature }
    },
  },
)

export const { emit } = tidings
export const lobby = tidings.emit.chat.room({ roomId: 'lobby' })
export const emitTick = tidings.emit.prices().tick
export const { disconnect } = tidings
export const stats = () => tidings.stats()
export const listener = nodeHandler(tidings)
export const emitter = createEmitter(contract, { bus: memoryBus() })
