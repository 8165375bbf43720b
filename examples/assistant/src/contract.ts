import { defineContract, stream } from '@tidings/core'
import * as z from 'zod'

/** A passage of the documentation that a search has found. */
export const Passage = z.object({ path: z.string(), heading: z.string(), text: z.string() })
export type Passage = z.infer<typeof Passage>

/** Why a model could not finish its answer. */
export const failures = ['busy', 'refused', 'unreachable', 'broken_off', 'too_many_tools'] as const
export type Failure = (typeof failures)[number]

const toolName = z.enum(['search'])
export type ToolName = z.infer<typeof toolName>

export const contract = defineContract({
  /** Everything that a page shows is in the events, so that a page has to keep only the id of the run. */
  answer: stream({
    input: z.object({ question: z.string().trim().min(1).max(2_000) }),
    events: {
      question: z.object({ text: z.string(), model: z.string() }),
      token: z.string(),
      tool: z.discriminatedUnion('state', [
        z.object({ state: z.literal('call'), id: z.string(), name: toolName, query: z.string() }),
        z.object({ state: z.literal('result'), id: z.string(), passages: z.array(Passage) }),
      ]),
      progress: z.object({ label: z.string(), done: z.number().int(), total: z.number().int() }),
    },
    output: z.object({ tokens: z.number().int(), tools: z.number().int() }),
    errors: { model_failed: z.object({ failure: z.enum(failures) }) },
  }),
})
