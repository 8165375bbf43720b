import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

/** Topics whose nth event is n, with and without a snapshot. */
export const countingContract = defineContract({
  counted: channel({ params: { name: z.string() }, events: { n: z.number().int() } }),
  state: channel({
    params: { name: z.string() },
    snapshot: z.number().int(),
    events: { n: z.number().int() },
  }),
})
