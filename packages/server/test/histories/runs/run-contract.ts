import { defineContract, stream } from '@tidings/core'
import * as z from 'zod'

export const runContract = defineContract({
  count: stream({
    input: z.object({ run: z.number().int(), wish: z.string() }),
    events: { item: z.object({ life: z.number().int(), n: z.number().int(), padding: z.string() }) },
    output: z.object({ count: z.number().int() }),
    errors: { stopped: z.object({ after: z.number().int() }) },
  }),
})
