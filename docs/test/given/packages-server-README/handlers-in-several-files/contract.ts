import { command, defineContract } from '@tidings/core'
import * as z from 'zod'

export const contract = defineContract({
  rooms: { send: command({ input: z.object({ roomId: z.string(), text: z.string() }) }) },
  billing: { pay: command({}) },
})
