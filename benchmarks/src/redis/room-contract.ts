import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

/** Rooms, of which there are many. */
export const roomContract = defineContract({
  room: channel({ params: { roomId: z.string() }, events: { item: z.object({ text: z.string() }) } }),
})

/** How many of them are in use. */
export const topicCount = 100
