import type { z } from 'zod'
import type { Message } from '../../../examples/quick-start/contract.js'

export declare function show(messages: readonly z.infer<typeof Message>[]): void
export declare function append(message: z.infer<typeof Message>): void
