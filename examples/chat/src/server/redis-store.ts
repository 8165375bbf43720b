import { createClient } from 'redis'
import * as z from 'zod'
import { Message } from '../contract'
import { maxMessages, type Store } from './store'

/** How long an answer may take. Those of a node that was killed are forgotten after that. */
const answerMs = 5 * 60_000

/**
 * Stores messages in Redis: for each room a list of them and a set of the answers to come, and for each muted
 * author an expiring key.
 */
export async function redisStore(url: string, onError: (error: unknown) => void): Promise<Store> {
  // Without the queue, commands fail at once while Redis is away.
  const client = createClient({ url, disableOfflineQueue: true })
  client.on('error', onError)
  await client.connect()
  const listOf = (roomId: string) => `chat:messages:${roomId}`
  const answersOf = (roomId: string) => `chat:answers:${roomId}`
  const mutedOf = (author: string) => `chat:muted:${author}`
  return {
    roomOf: async (roomId) => {
      const [messages, answers] = await client
        .multi()
        .lRange(listOf(roomId), 0, -1)
        .zRangeByScore(answersOf(roomId), Date.now() - answerMs, '+inf')
        .execTyped()
      return { messages: messages.map((json) => z.decode(Message, JSON.parse(json))), answers }
    },
    add: async (roomId, message) => {
      const json = JSON.stringify(z.encode(Message, message))
      await client
        .multi()
        .rPush(listOf(roomId), json)
        .lTrim(listOf(roomId), -maxMessages, -1)
        .zRem(answersOf(roomId), message.id)
        .exec()
    },
    addAnswer: async (roomId, run) => {
      await client
        .multi()
        .zRemRangeByScore(answersOf(roomId), '-inf', Date.now() - answerMs)
        .zAdd(answersOf(roomId), { score: Date.now(), value: run })
        .exec()
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
