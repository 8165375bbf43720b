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

/** An event: who has emitted it, which of theirs it is, when, and something to carry. */
export interface Item {
  readonly by: string
  readonly n: number
  readonly at: number
  readonly text: string
}

/** One way to have the nodes of a service hear of each other's events, and a client of this node hear of them all. */
export type Subject = (
  redisUrl: string,
  received: (item: Item) => void,
) => Promise<{ emit(item: Item): Promise<unknown> }>

export const subjects = {
  /** Validated, numbered, kept, announced; and read from a connection as any browser's. */
  tidings: async (redisUrl, received) => {
    const contract = defineContract({
      feed: channel({
        events: {
          item: z.object({ by: z.string(), n: z.number(), at: z.number(), text: z.string() }),
        },
      }),
    })
    const tidings = createServer(contract, { bus: redisBus({ url: redisUrl }) }, {})
    const port = await listenOnFreePort(createHttp(nodeHandler(tidings, { path: '/events' })))
    await readEvents(`http://127.0.0.1:${port}/events/feed`, received)
    return { emit: (item) => tidings.emit.feed().item(item) }
  },

  /** PUBLISH and SUBSCRIBE, with the same client for Redis and Server-Sent Events by hand: nothing is kept or checked. */
  'publish-subscribe': async (redisUrl, received) => {
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
    await readEvents(`http://127.0.0.1:${port}/`, received)
    return { emit: (item) => client.publish('feed', JSON.stringify(item)) }
  },

  /** Its adapter on Redis streams, over WebSockets. An emit does not say when Redis has it. */
  'socket.io': async (redisUrl, received) => {
    const client = await createClient({ url: redisUrl }).connect()
    const server = new SocketServer({ adapter: createAdapter(client), transports: ['websocket'] })
    const http = createHttp()
    server.attach(http)
    const port = await listenOnFreePort(http)
    const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] })
    await new Promise<void>((resolve) => socket.on('connect', () => resolve()))
    socket.on('item', received)
    return { emit: async (item) => server.emit('item', item) }
  },
} satisfies Record<string, Subject>

export type SubjectName = keyof typeof subjects

/** Reads an event stream as simply as one can: each event is one line of JSON. Resolves when it has begun. */
function readEvents(url: string, received: (item: Item) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let rest = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        const blocks = (rest + piece).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const data = /^event: item\ndata: (.*)$/m.exec(block)?.[1]
          if (data) received(JSON.parse(data))
        }
        resolve()
      })
    }).on('error', reject)
  })
}
