import * as z from 'zod'
import type { ToolName } from '../contract'
import type { ToolCall } from './model'

const Arguments = z.object({
  query: z.string().trim().min(1).max(2_000).describe('A few words that the documentation would use'),
})

/** The tools as a request of a chat completion declares them. */
export const tools = [
  {
    type: 'function',
    function: {
      name: 'search' satisfies ToolName,
      description: 'Searches the documentation of Tidings, and returns the passages that fit best.',
      parameters: z.toJSONSchema(Arguments),
    },
  },
]

/** Returns the query of a call, or undefined if the call does not fit the declared tools. */
export function queryOf({ name, arguments: text }: ToolCall): string | undefined {
  if (name !== ('search' satisfies ToolName)) return undefined
  try {
    return Arguments.parse(JSON.parse(text)).query
  } catch {
    return undefined
  }
}
