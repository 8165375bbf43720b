import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

/** Topics that many emitters emit to, each of which counts its own events in each. */
export const chaosContract = defineContract({
  feed: channel({
    params: { name: z.string() },
    events: { item: z.object({ by: z.string(), n: z.number().int() }) },
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
