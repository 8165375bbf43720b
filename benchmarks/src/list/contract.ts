import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

export const Row = z.object({
  id: z.number().int(),
  name: z.string(),
  price: z.number(),
  change: z.number(),
  volume: z.number().int(),
})
export type Row = z.infer<typeof Row>

/** A list of which each event changes one row. */
export const contract = defineContract({
  list: channel({ snapshot: z.object({ rows: z.array(Row) }), events: { changed: Row } }),
})

export const rowCount = 1_000
