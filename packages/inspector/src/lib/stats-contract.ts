import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

const count = z.number().int()

/** The stats of the server at one time: state, and totals since it was created. */
const Sample = z.object({
  /** In milliseconds since the epoch. */
  at: z.number(),
  connections: count,
  subscriptions: count,
  lagging: count,
  topics: count,
  running: count,
  runs: count,
  emits: count,
  deliveries: count,
  bytes: count,
  gaps: count,
  refused: count,
  stalled: count,
})

/** The busiest topics and connections at one time. */
const Busiest = z.object({
  topics: z.array(z.object({ key: z.string(), subscribers: count, position: z.string() })),
  connections: z.array(
    z.object({
      kind: z.enum(['shared', 'topic']),
      principal: z.string().optional(),
      address: z.string().optional(),
      subscriptions: count,
      lagging: count,
      openMs: z.number(),
    }),
  ),
})

/** What the inspector's own server offers to its page: the stats of the server that it inspects. */
export const statsContract = defineContract({
  stats: channel({
    /** The samples of the last five minutes in which a page was subscribed, oldest first. */
    snapshot: z.object({ samples: z.array(Sample) }),
    events: { sample: z.object({ sample: Sample, busiest: Busiest }) },
  }),
})

export type StatsSample = z.infer<typeof Sample>
export type BusiestParts = z.infer<typeof Busiest>
