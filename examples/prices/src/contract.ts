import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

const symbol = z.string().regex(/^[A-Z]{4}$/)

/** A share that is traded. */
export const Listing = z.object({ symbol, name: z.string(), open: z.number() })
export type Listing = z.infer<typeof Listing>

/** The newest price of a symbol. `change` counts the symbol's changes, so that a page can tell how many it skipped. */
export const Quote = z.object({ price: z.number(), change: z.number().int() })
export type Quote = z.infer<typeof Quote>

/** The price at the end of a second. `at` is in seconds since the epoch. */
export const Point = z.object({ at: z.number(), price: z.number() })
export type Point = z.infer<typeof Point>

export const contract = defineContract({
  /** What is traded, and how fast prices change. */
  market: channel({
    snapshot: z.object({ listings: z.array(Listing), changesPerSecond: z.number() }),
    events: { pace: z.object({ changesPerSecond: z.number() }) },
  }),
  /** The price of one symbol. Each quote replaces the one before. */
  quote: channel({ params: { symbol }, snapshot: Quote, events: { changed: Quote } }),
  /** The last five minutes of one symbol, a point a second. Every point belongs to the line. */
  chart: channel({
    params: { symbol },
    snapshot: z.object({ points: z.array(Point) }),
    events: { point: Point },
  }),
})
