import { channel, command, defineContract, stream } from '@tidings/core'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { createClient } from '../src/index.js'

const contract = defineContract({
  prices: channel({ events: { tick: z.number() } }),
  chat: {
    room: channel({
      params: {
        roomId: z.string(),
        page: z.number().int().default(1),
        tags: z.array(z.string()).default([]),
      },
      events: { message: z.string() },
    }),
  },
  send: command({}),
  complete: stream({ events: { token: z.string() } }),
})
const client = createClient(contract, { url: 'http://localhost/events' })

it('gives topics of equal channel and params equal keys, whatever their order and defaults', () => {
  const key = client.chat.room({ roomId: 'lobby' }).key
  expect(key).toBe(client.chat.room({ page: 1, tags: [], roomId: 'lobby' }).key)
  expect(key).toMatch(/^chat\/room\?/)
  expect(key).not.toBe(client.chat.room({ roomId: 'lobby', page: 2 }).key)
  expect(key).not.toBe(client.chat.room({ roomId: 'lobby&page=1' }).key)
  expect(client.prices().key).toBe('prices')
})

it('has the same functions for its whole life', () => {
  const { send, complete, chat } = client
  expect([client.send, client.complete, client.chat.room]).toEqual([send, complete, chat.room])
  expect(client.send).toBe(send)
  expect(client.complete.attach).toBe(complete.attach)
})
