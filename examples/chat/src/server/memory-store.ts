import type { Message } from '../contract'
import { maxMessages, type Store } from './store'

const maxMuted = 10_000

/** Stores messages in memory. */
export function memoryStore(): Store {
  const rooms = new Map<string, { messages: Message[]; answers: string[] }>()
  const emptyRoom = { messages: [], answers: [] }
  const muted = new Map<string, Date>()
  return {
    roomOf: async (roomId) => rooms.get(roomId) ?? emptyRoom,
    add: async (roomId, message) => {
      const { messages, answers } = rooms.get(roomId) ?? emptyRoom
      rooms.set(roomId, {
        messages: [...messages, message].slice(-maxMessages),
        answers: answers.filter((run) => run !== message.id),
      })
    },
    addAnswer: async (roomId, run) => {
      const { messages, answers } = rooms.get(roomId) ?? emptyRoom
      rooms.set(roomId, { messages, answers: [...answers, run] })
    },
    mutedUntil: async (author) => {
      const until = muted.get(author)
      if (until && until.getTime() > Date.now()) return until
      muted.delete(author)
      return undefined
    },
    mute: async (author, until) => {
      if (muted.size >= maxMuted) muted.clear()
      muted.set(author, until)
    },
    close: async () => {},
  }
}
