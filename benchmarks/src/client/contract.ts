import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'
import type { FeedEvent } from '../lib/feed-event.js'

/** The event that a client receives. `room` numbers its topic. */
export interface RoomEvent extends FeedEvent {
  readonly room: number
}

const message = z.object({
  id: z.string(),
  author: z.string().min(1).max(40),
  text: z.string().min(1).max(2_000),
  emittedAt: z.number(),
  seq: z.number().int(),
  room: z.number().int(),
})

/** A contract as an application would write it. The feed carries the events of all rooms. */
export const contract = defineContract({
  feed: channel({ events: { message } }),
  room: channel({ params: { room: z.number().int() }, events: { message } }),
})

export const roomEvent: z.ZodType<RoomEvent> = message
