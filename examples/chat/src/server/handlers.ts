import { setTimeout as pause } from 'node:timers/promises'
import type { Handlers } from '@tidings/server'
import type { contract, RoomId } from '../contract'
import { Moderation } from './moderation'
import { replyTo } from './reply'
import type { Store } from './store'

export interface ChatHandlersDeps {
  readonly store: Store
  /** The name of this node, if there are several. */
  readonly node: string | undefined
  /** Milliseconds between two tokens of the bot. Defaults to 80. */
  readonly tokenMs?: number
  /** Called with each message that was sent. */
  onMessage(roomId: RoomId, text: string): void
}

/** The handlers of the chat, which its server and its tests use. */
export function chatHandlers({
  store,
  node,
  tokenMs = 80,
  onMessage,
}: ChatHandlersDeps): Handlers<typeof contract, undefined> {
  const moderation = new Moderation(store)
  return {
    room: {
      authorize: ({ params }) => params.roomId !== 'staff',
      snapshot: ({ params }) => store.roomOf(params.roomId),
    },
    send: async ({ input, emit, fail }) => {
      const { roomId, author, text } = input
      const until = await moderation.judge(author, text)
      if (until) throw fail('muted', { until }, 'That looked like spam')
      const message = { id: crypto.randomUUID(), author, text, sentAt: new Date(), node }
      // Stored before it is emitted, because a snapshot that is loaded after the emit must contain it.
      await store.add(roomId, message)
      await emit.room({ roomId }).message(message)
      onMessage(roomId, text)
      return message
    },
    typing: ({ input, emit }) => emit.room({ roomId: input.roomId }).typing({ author: input.author }),
    complete: async function* ({ input, signal }) {
      const tokens = replyTo(input.prompt)
      for (const token of tokens) {
        await pause(tokenMs, undefined, { signal })
        yield { type: 'token', data: token }
      }
      return { tokens: tokens.length }
    },
  }
}
