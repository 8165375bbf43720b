import type { z } from 'zod'
import type { Message } from '../../../examples/quick-start/contract.js'

interface User {
  readonly id: string
  readonly name: string
  readonly rooms: readonly string[]
  readonly tokenExpiresAt: Date
}

export declare function userOf(authorization: string | null): Promise<User | undefined>
export declare function messagesOf(roomId: string): z.infer<typeof Message>[]
