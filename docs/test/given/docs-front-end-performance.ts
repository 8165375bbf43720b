import type { createClient } from '@tidings/client'
import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

export { memo, useSyncExternalStore } from 'react'

const RowSchema = z.object({ id: z.number(), price: z.number() })
export type Row = z.infer<typeof RowSchema>

export const contract = defineContract({
  list: channel({ snapshot: z.object({ rows: z.array(RowSchema) }), events: { changed: RowSchema } }),
})
export declare const client: ReturnType<typeof createClient<typeof contract>>
