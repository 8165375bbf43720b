// contract.ts
import { defineContract, stream } from '@tidings/core'
import * as z from 'zod'

export const contract = defineContract({
  answer: stream({
    input: z.object({ question: z.string().min(1).max(2_000) }),
    events: {
      word: z.string(),
      tool: z.object({ name: z.string(), state: z.enum(['running', 'done']) }),
    },
    output: z.object({ words: z.number().int() }),
    errors: { refused: z.object({ reason: z.string() }) },
  }),
})
