import { createServer as createHttp, get, type ServerResponse } from 'node:http'
import { createAdapter } from '@socket.io/redis-streams-adapter'
import { channel, defineContract } from '@tidings/core'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { redisBus } from '@tidings/server/redis'
import { createClient } from 'redis'
import { Server as SocketServer } from 'socket.io'
import { io } from 'socket.io-client'
import * as z from 'zod'
import { listenOnFreePort } from '../lib/free-port.js'

/** An event: the node that emitted it, its number there, the time, and a text. */
export interface Item {
  readonly by: string
  readonly n: number
  readonly at: number
  readonly text: string
}

/**
 * Starts a node that shares its events with the other nodes, and a client of it that receives all of them.
 */
export type Subject = (
  redisUrl: string,
  onItem: (item: Item) => void,
) => Promise<{ emit(item: Item): Promise<unknown> }>

export const subjects = {
  /** Tidings with the bus on Redis: events are validated, numbered and kept. */
  tidings: async (redisUrl, onItem) => {
    const contract = defineContract({
      feed: channel({
        events: {
          item: z.object({ by: z.string(), n: z.number(), at: z.number(), text: z.string() }),
        },
      }),
    })
    const tidings = createServer(contract, { bus: redisBus({ url: redisUrl }) }, {})
    const port = await listenOnFreePort(createHttp(nodeHandler(tidings, { path: '/events' })))
    await readEvents(`http://127.0.0.1:${port}/events/feed`, onItem)
    return { emit: (item) => tidings.emit.feed().item(item) }
  },

  /**
   * PUBLISH and SUBSCRIBE with the same Redis client, and Server-Sent Events by hand: nothing is kept or
   * validated.
   */
  'publish-subscribe': async (redisUrl, onItem) => {
    const client = await createClient({ url: redisUrl }).connect()
    const subscriber = await client.duplicate().connect()
    const open = new Set<ServerResponse>()
    await subscriber.subscribe('feed', (message) => {
      for (const response of open) response.write(`event: item\ndata: ${message}\n\n`)
    })
    const port = await listenOnFreePort(
      createHttp((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(':\n\n')
        open.add(response)
      }),
    )
    await readEvents(`http://127.0.0.1:${port}/`, onItem)
    return { emit: (item) => client.publish('feed', JSON.stringify(item)) }
  },

  /**
   * Socket.IO over WebSockets, with its adapter for Redis streams. An emit does not report when Redis has the
   * event.
   */
  'socket.io': async (redisUrl, onItem) => {
    const client = await createClient({ url: redisUrl }).connect()
    const server = new SocketServer({ adapter: createAdapter(client), transports: ['websocket'] })
    const http = createHttp()
    server.attach(http)
    const port = await listenOnFreePort(http)
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] })
    await new Promise<void>((resolve) => socket.on('connect', () => resolve()))
    socket.on('item', onItem)
    return { emit: async (item) => server.emit('item', item) }
  },
} satisfies Record<string, Subject>

export type SubjectName = keyof typeof subjects

/** Reads an event stream whose events are one line of JSON each. Resolves when the stream has begun. */
function readEvents(url: string, onItem: (item: Item) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let rest = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        const blocks = (rest + piece).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const data = /^event: item\ndata: (.*)$/m.exec(block)?.[1]
          if (data) onItem(JSON.parse(data))
        }
        resolve()
      })
    }).on('error', reject)
  })
}
