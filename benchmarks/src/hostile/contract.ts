import { bigint, channel, command, defineContract } from '@tidings/core'
import * as z from 'zod'

/** A contract as beginners write it: names of any length, and large snapshots and outputs. */
export const contract = defineContract({
  room: channel({ params: { roomId: z.string() }, events: { message: z.string() } }),
  board: channel({
    params: { id: z.string() },
    snapshot: z.object({ pixels: z.string() }),
    events: { pixel: z.int() },
  }),
  feed: channel({ params: { id: z.string() }, events: { tick: z.int() } }),
  report: command({ input: z.object({ seed: z.string() }), output: z.object({ text: z.string() }) }),
  store: command({ input: z.object({ value: z.json() }), output: z.object({ ok: z.boolean() }) }),
  add: command({ input: z.object({ amount: bigint }), output: z.object({ ok: z.boolean() }) }),
})
