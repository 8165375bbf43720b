import { createClient } from '@tidings/client'
import { createClient as createNativeClient } from '@tidings/client/native'
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client'
import { createParser } from 'eventsource-parser'
import { io } from 'socket.io-client'
import { contract, type RoomEvent, roomEvent } from './contract.js'
import type { FeedName } from './feeds.js'
import type { TrpcRouter } from './trpc-feed.js'

export interface StartOptions {
  /** The origin of the server. */
  readonly url: string
  readonly topics: number
  /** The one of the browser or, in Node, of the package eventsource. */
  readonly EventSource: typeof EventSource
  onEvent(event: RoomEvent): void
}

/** A client that is compared. It runs in Node and in a page. */
export interface ClientSubject {
  readonly feed: FeedName
  /** Subscribes, and resolves when events arrive. */
  start(options: StartOptions): Promise<unknown>
}

type AnyClient = ReturnType<typeof createClient<typeof contract>>

/** One subscription to a topic, or one to each of many. */
function subscribe(client: AnyClient, { topics, onEvent }: StartOptions): Promise<unknown> {
  if (topics === 1) return client.feed().on('message', onEvent).ready
  const rooms = Array.from({ length: topics }, (_, room) => client.room({ room }).on('message', onEvent))
  return Promise.all(rooms.map(({ ready }) => ready))
}

/** What code by hand has on one connection: a function for each topic. */
function byRoom({ topics, onEvent }: StartOptions): (event: RoomEvent) => void {
  if (topics === 1) return onEvent
  const handlers = new Map(
    Array.from({ length: topics }, (_, room) => [room, (event: RoomEvent) => onEvent(event)]),
  )
  return (event) => handlers.get(event.room)?.(event)
}

function eventSource(options: StartOptions, parse: (data: string) => RoomEvent): Promise<unknown> {
  const { EventSource } = options
  const deliver = byRoom(options)
  const source = new EventSource(`${options.url}/events/feed`)
  source.addEventListener('message', ({ data }) => deliver(parse(data)))
  return new Promise((resolve) => source.addEventListener('open', resolve))
}

export const clients = {
  tidings: {
    feed: 'tidings',
    start: (options) => subscribe(createClient(contract, { url: `${options.url}/events` }), options),
  },

  'tidings-native': {
    feed: 'tidings',
    start: (options) => subscribe(createNativeClient(contract, { url: `${options.url}/events` }), options),
  },

  /** An EventSource, JSON and zod by hand. The baseline. */
  'hand-written': {
    feed: 'plain',
    start: (options) => eventSource(options, (data) => roomEvent.parse(JSON.parse(data))),
  },

  /** The same without a check. */
  'event-source': {
    feed: 'plain',
    start: (options) => eventSource(options, (data) => JSON.parse(data)),
  },

  /** `fetch`, the package eventsource-parser, JSON and zod by hand, without reconnects. */
  'hand-written-fetch': {
    feed: 'plain',
    start: async (options) => {
      const deliver = byRoom(options)
      const { body } = await fetch(`${options.url}/events/feed`, { headers: { accept: 'text/event-stream' } })
      const parser = createParser({
        onEvent: ({ event, data }) => {
          if (event === 'message') deliver(roomEvent.parse(JSON.parse(data)))
        },
      })
      const read = async () => {
        const decoder = new TextDecoder()
        const reader = body?.getReader()
        for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
          parser.feed(decoder.decode(chunk.value, { stream: true }))
        }
      }
      void read()
    },
  },

  /** WebSockets, without a check. */
  'socket.io': {
    feed: 'socket.io',
    start: async (options) => {
      const deliver = byRoom(options)
      const socket = io(options.url, { transports: ['websocket'] })
      socket.on('message', (event: RoomEvent) => deliver(event))
      await socket.emitWithAck('join', options.topics)
    },
  },

  /** A subscription over Server-Sent Events, without a check. It takes a connection for each, so there is one. */
  trpc: {
    feed: 'trpc',
    start: (options) => {
      const deliver = byRoom(options)
      const client = createTRPCClient<TrpcRouter>({
        links: [httpSubscriptionLink({ url: `${options.url}/trpc`, EventSource: options.EventSource })],
      })
      return new Promise<void>((resolve) => {
        client.onMessage.subscribe(undefined, {
          onStarted: () => resolve(),
          onData: ({ data }) => deliver(data),
        })
      })
    },
  },
} satisfies Record<string, ClientSubject>

export type ClientName = keyof typeof clients

export const clientNames = Object.keys(clients) as ClientName[]

/** A client in the tables. `before` is `tidings` of another checkout. */
export type MeasuredName = ClientName | 'before'

/** Returns the client that runs under a name. */
export const subjectOf = (name: MeasuredName): ClientName => (name === 'before' ? 'tidings' : name)

/** The client that all others are compared with. */
export const baseline: ClientName = 'hand-written'
