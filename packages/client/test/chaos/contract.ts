import { channel, defineContract, stream } from '@tidings/core'
import * as z from 'zod'

/** Topics that many emitters emit to, each of which counts its own events in each; and runs that count to a number. */
export const chaosContract = defineContract({
  feed: channel({
    params: { name: z.string() },
    events: { item: z.object({ by: z.string(), n: z.number().int() }) },
  }),
  count: stream({
    input: z.object({ name: z.string(), length: z.number().int() }),
    events: { step: z.object({ n: z.number().int() }) },
    output: z.object({ count: z.number().int() }),
  }),
})

/** What the parent asks a node, and what that answers. */
export type ToNode =
  | { readonly type: 'emit'; readonly topics: readonly string[] }
  | { readonly type: 'quiet' }
export type FromNode =
  | { readonly type: 'ready' }
  /** Emits that were resolved, or rejected: by topic, the numbers. */
  | {
      readonly type: 'emitted'
      readonly by: string
      readonly topic: string
      readonly n: number
      readonly ok: boolean
    }
  | { readonly type: 'quiet' }
  /** The handler of a run has begun. */
  | { readonly type: 'ran'; readonly by: string; readonly name: string }
