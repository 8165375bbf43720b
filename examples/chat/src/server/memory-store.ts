import type { Message } from '../contract'
import { maxMessages, type Store } from './store'

const maxMuted = 10_000

/** Stores messages in memory. */
export function memoryStore(): Store {
  const rooms = new Map<string, Message[]>()
  const muted = new Map<string, Date>()
  return {
    messagesOf: async (roomId) => [...(rooms.get(roomId) ?? [])],
    add: async (roomId, message) => {
      const messages = rooms.get(roomId) ?? []
      rooms.set(roomId, messages)
      messages.push(message)
      if (messages.length > maxMessages) messages.shift()
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
