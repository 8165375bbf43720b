// signed-in.ts
import { command, defineContract } from '@tidings/core'
import { createServer, hostValue } from '@tidings/server'
import * as z from 'zod'
import type { User } from './sessions.js'

const contract = defineContract({ greet: command({ output: z.string() }) })

export const hostUser = hostValue<User | undefined>('user')

export const tidings = createServer(
  contract,
  { context: ({ request }) => ({ user: hostUser.of(request) }) },
  { greet: ({ context }) => `Hello, ${context.user?.name ?? 'stranger'}` },
)
