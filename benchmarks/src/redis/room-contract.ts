import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'

/** A contract with many topics. */
export const roomContract = defineContract({
  room: channel({ params: { roomId: z.string() }, events: { item: z.object({ text: z.string() }) } }),
})

/** The number of rooms in use. */
export const topicCount = 100
