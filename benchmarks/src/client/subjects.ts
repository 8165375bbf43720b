import { createClient } from '@tidings/client'
import { createClient as createNativeClient } from '@tidings/client/native'
import { EventSource } from 'eventsource'
import { createParser } from 'eventsource-parser'
import { feedContract } from '../lib/feed-contract.js'
import type { FeedEvent } from '../lib/feed-event.js'

/** Subscribes to the feed of a server, and resolves when events arrive. */
type StartClient = (url: string, onEvent: (event: FeedEvent) => void) => Promise<void>

const schema = feedContract.feed.events.message

/** The clients that are compared, each with the checks of the contract. */
export const subjects = {
  tidings: (url, onEvent) => createClient(feedContract, { url }).feed().on('message', onEvent).ready,

  'tidings-native': (url, onEvent) =>
    createNativeClient(feedContract, { url }).feed().on('message', onEvent).ready,

  /** The package eventsource, JSON and zod by hand. The baseline. */
  'hand-written': (url, onEvent) =>
    new Promise((resolve) => {
      const source = new EventSource(`${url}/feed`)
      source.addEventListener('message', ({ data }) => onEvent(schema.parse(JSON.parse(data))))
      source.addEventListener('open', () => resolve())
    }),

  /** `fetch`, the package eventsource-parser, JSON and zod by hand: without an EventSource. */
  'hand-written-fetch': async (url, onEvent) => {
    const { body } = await fetch(`${url}/feed`, { headers: { accept: 'text/event-stream' } })
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === 'message') onEvent(schema.parse(JSON.parse(data)))
      },
    })
    const read = async () => {
      const decoder = new TextDecoder()
      for await (const chunk of body ?? []) parser.feed(decoder.decode(chunk, { stream: true }))
    }
    void read()
  },
} satisfies Record<string, StartClient>

export type ClientName = keyof typeof subjects
