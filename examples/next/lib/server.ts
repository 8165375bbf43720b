import { contract, type Message, type RoomId } from '@tidings/example-chat/contract'
import { createServer, type Tidings } from '@tidings/server'

/** How many messages a room keeps. */
const maxMessages = 200

/** How long the author of spam is muted, in milliseconds. */
const muteMs = 30_000

/** The server of this process. Next loads this module once for each bundle, and again after each edit. */
const holder = globalThis as typeof globalThis & { tidings?: Tidings<typeof contract> }
holder.tidings ??= startChat()

export const { tidings } = holder

function startChat(): Tidings<typeof contract> {
  const messages = new Map<RoomId, Message[]>()
  const mutedUntil = new Map<string, Date>()
  const tidings = createServer(
    contract,
    { onError: (error, { place }) => console.error(`Failed at ${place}:`, error) },
    {
      room: {
        authorize: ({ params }) => params.roomId !== 'staff',
        snapshot: ({ params }) => ({ messages: [...(messages.get(params.roomId) ?? [])], answers: [] }),
      },
      send: async ({ input, emit, fail }) => {
        const { roomId, author, text } = input
        if (/\bspam\b/i.test(text)) mutedUntil.set(author, new Date(Date.now() + muteMs))
        const until = mutedUntil.get(author)
        if (until && until.getTime() > Date.now()) throw fail('muted', { until }, 'That looked like spam')
        const message = { id: crypto.randomUUID(), author, text, sentAt: new Date() }
        // Stored before it is emitted, because a snapshot that is loaded after the emit must contain it.
        messages.set(roomId, [...(messages.get(roomId) ?? []), message].slice(-maxMessages))
        await emit.room({ roomId }).message(message)
        return message
      },
      typing: ({ input, emit }) => emit.room({ roomId: input.roomId }).typing({ author: input.author }),
      complete: async function* ({ input }) {
        const words = input.prompt.match(/\S+\s*/g) ?? []
        for (const word of words) yield { type: 'token', data: word }
        return { tokens: words.length }
      },
    },
  )
  // `next start` waits for open responses when it is told to stop.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void tidings.close())
  return tidings
}
