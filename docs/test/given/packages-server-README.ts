import { command, defineContract } from '@tidings/core'
import type { Handlers, Part, ServerOptions } from '@tidings/server'
import type { Hono } from 'hono'
import * as z from 'zod'
import { type Message, contract as quickStart } from '../../../examples/quick-start/contract.js'
import type { contract as grouped } from './packages-server-README/handlers-in-several-files/contract.js'

export { expect } from 'vitest'

export const contract = defineContract({
  ...quickStart,
  search: command({ input: z.object({ words: z.string() }), output: z.array(z.string()) }),
})
interface Context {
  readonly user: string | undefined
}
export declare const handlers: Handlers<typeof contract, Context>
export declare const billing: Part<typeof grouped.billing>
export declare const options: ServerOptions<Context>
export declare const context: (request: { headers: Headers }) => Context
export declare const principal: (context: Context) => string | undefined
export declare const message: z.infer<typeof Message>
export declare const url: string

interface User {
  readonly id: string
}
export declare function loadRoom(roomId: string): Promise<{ messages: z.infer<typeof Message>[] }>
export declare function userOf(headers: Headers): Promise<User | undefined>
export declare function log(path: string, ms: number): void
export declare function save(user: User, message: { text: string }): Promise<void>
export declare function model(prompt: string, options: { signal: AbortSignal }): AsyncIterable<string>
export declare function find(words: string): Promise<string[]>

type Fetch = (request: Request, info?: unknown) => Promise<Response>
export declare const Deno: { serve(handler: Fetch): unknown }
export declare const Bun: { serve(options: { fetch: Fetch; idleTimeout: number }): unknown }
export declare const app: Hono
