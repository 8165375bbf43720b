import type { TopicEventOf } from '@tidings/client'
import type { contract, Message } from '../contract'

/** A line of the room: a message, or a note that messages are missing. */
export type Line =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'gap'; readonly id: string }

/** What a room shows. */
export interface Room {
  readonly lines: readonly Line[]
  /** The runs in which the bot is answering. */
  readonly answers: readonly string[]
}

/** What a room shows before its snapshot. */
export const emptyRoom: Room = { lines: [], answers: [] }

/** Returns what the room shows after an event. */
export function nextRoom(room: Room, event: TopicEventOf<typeof contract.room>): Room {
  // The snapshot may contain what was sent while it was loaded.
  const knows = (id: string) => room.lines.some((line) => line.kind === 'message' && line.message.id === id)
  const { lines, answers } = room
  switch (event.type) {
    case 'snapshot': {
      const gaps = lines.filter((line) => line.kind === 'gap').slice(-1)
      const messages = event.data.messages.map((message): Line => ({ kind: 'message', message }))
      return { lines: [...gaps, ...messages], answers: event.data.answers }
    }
    case 'message': {
      const message = event.data
      if (knows(message.id)) return room
      return {
        lines: [...lines, { kind: 'message', message }],
        answers: answers.filter((run) => run !== message.id),
      }
    }
    case 'answer': {
      const { run } = event.data
      return knows(run) || answers.includes(run) ? room : { lines, answers: [...answers, run] }
    }
    case 'gap':
      return { lines: [{ kind: 'gap', id: event.data.cursor }], answers }
    case 'typing':
      return room
  }
}
