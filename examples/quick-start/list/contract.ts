import { channel, command, defineContract } from '@tidings/core'
import * as z from 'zod'

const Task = z.object({ id: z.string(), title: z.string().min(1).max(80) })
export const contract = defineContract({
  tasks: channel({ snapshot: z.array(Task), events: { added: Task, done: Task.pick({ id: true }) } }),
  add: command({ input: Task, errors: { full: z.object({ max: z.number() }) } }),
  finish: command({ input: Task.pick({ id: true }) }),
})
