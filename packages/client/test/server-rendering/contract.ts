import { channel, defineContract, isoDate } from '@tidings/core'
import * as z from 'zod'

const Message = z.object({ id: z.string(), text: z.string(), sentAt: isoDate })

export const contract = defineContract({
  room: channel({
    params: { roomId: z.string() },
    snapshot: z.object({ messages: z.array(Message) }),
    events: { message: Message },
  }),
})
