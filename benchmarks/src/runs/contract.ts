import { channel, defineContract, stream } from '@tidings/core'
import * as z from 'zod'
import { feedContract } from '../lib/feed-contract.js'

/** What a run emits. */
const work = z.object({
  events: z.int(),
  /** The number of events in one turn of the event loop. 0: without a pause. */
  burst: z.int(),
  /** Milliseconds from turn to turn. 0: the next turn. */
  everyMs: z.number(),
})

export type Work = z.infer<typeof work>

const run = {
  input: work,
  events: feedContract.feed.events,
  output: z.object({ events: z.int() }),
}

export const runContract = defineContract({
  /** A subscription to it keeps a client's shared connection open. */
  feed: channel({ events: { tick: z.int() } }),
  /** The handler is a generator. */
  generated: stream(run),
  /** The handler is a function that awaits each emit. */
  awaited: stream(run),
})

export type StreamName = 'generated' | 'awaited'
