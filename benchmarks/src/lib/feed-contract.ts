import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

/** A contract as an application would write it. */
export const feedContract = defineContract({
  feed: channel({
    events: {
      message: z.object({
        id: z.string(),
        author: z.string().min(1).max(40),
        text: z.string().min(1).max(2_000),
        emittedAt: z.number(),
        seq: z.number().int(),
      }),
    },
  }),
})
