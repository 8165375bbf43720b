import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import * as z from 'zod'

/** The rooms of the chat. Guests may not enter `staff`, which shows a refusal. */
export const rooms = [
  { id: 'lobby', name: 'Lobby', about: 'Say hello' },
  { id: 'release', name: 'Release', about: 'What ships next' },
  { id: 'kitchen', name: 'Kitchen', about: 'Tea, mostly' },
  { id: 'staff', name: 'Staff', about: 'By invitation' },
] as const

const roomId = z.enum(rooms.map((room) => room.id))
const author = z.string().trim().min(1).max(40)

export const Message = z.object({
  id: z.string(),
  author,
  text: z.string(),
  sentAt: isoDate,
  /** Why an answer of the bot is incomplete, if it is. */
  cut: z.enum(['stopped', 'failed']).optional(),
  /** The node that received the message, if there are several. */
  node: z.string().optional(),
})
export type Message = z.infer<typeof Message>
export type RoomId = z.infer<typeof roomId>

export const contract = defineContract({
  room: channel({
    params: { roomId },
    /** `answers` are the ids of the runs of `complete` in which the bot is answering. */
    snapshot: z.object({ messages: z.array(Message), answers: z.array(z.string()) }),
    /** The bot's message that ends an answer has the id of its run. */
    events: { message: Message, typing: z.object({ author }), answer: z.object({ run: z.string() }) },
  }),
  send: command({
    input: z.object({ roomId, author, text: z.string().trim().min(1).max(2_000) }),
    output: Message,
    errors: { muted: z.object({ until: isoDate }) },
  }),
  typing: command({ input: z.object({ roomId, author }) }),
  complete: stream({
    input: z.object({ prompt: z.string().min(1).max(2_000) }),
    events: { token: z.string() },
    output: z.object({ tokens: z.number().int() }),
  }),
})
