import { createClient } from 'redis'
import * as z from 'zod'
import { Message } from '../contract'
import { maxMessages, type Store } from './store'

/** Stores messages in Redis: a list for each room, and an expiring key for each muted author. */
export async function redisStore(url: string, onError: (error: unknown) => void): Promise<Store> {
  // Without the queue, commands fail at once while Redis is away.
  const client = createClient({ url, disableOfflineQueue: true })
  client.on('error', onError)
  await client.connect()
  const listOf = (roomId: string) => `chat:messages:${roomId}`
  const mutedOf = (author: string) => `chat:muted:${author}`
  return {
    messagesOf: async (roomId) => {
      const messages = await client.lRange(listOf(roomId), 0, -1)
      return messages.map((json) => z.decode(Message, JSON.parse(json)))
    },
    add: async (roomId, message) => {
      const json = JSON.stringify(z.encode(Message, message))
      await client.multi().rPush(listOf(roomId), json).lTrim(listOf(roomId), -maxMessages, -1).exec()
    },
    mutedUntil: async (author) => {
      const until = await client.get(mutedOf(author))
      return until === null ? undefined : new Date(until)
    },
    mute: async (author, until) => {
      await client.set(mutedOf(author), until.toISOString(), {
        expiration: { type: 'PXAT', value: until.getTime() },
      })
    },
    close: () => client.close(),
  }
}
