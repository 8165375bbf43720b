/** What the blocks of every page may use without an import: the packages, and the quick start's contract and its ends. */
export { createClient } from '@tidings/client'
export { useCommand, useConnection, useEvents, useRun, useTopic } from '@tidings/client/react'
export {
  bigint,
  bytes,
  channel,
  command,
  defineContract,
  isoDate,
  isTidingsError,
  map,
  parseSeed,
  serializeSeed,
  set,
  stream,
  TidingsError,
  url,
} from '@tidings/core'
export { createServer, implement, type Middleware } from '@tidings/server'
export { expressHandler, expressRequest } from '@tidings/server/express'
export { fetchHandler } from '@tidings/server/fetch'
export { nodeHandler } from '@tidings/server/node'
export { redisBus } from '@tidings/server/redis'
export * as z from 'zod'

import type { createClient } from '@tidings/client'
import type { Handlers, Tidings } from '@tidings/server'
import type express from 'express'
import type {
  Message as MessageSchema,
  contract as quickStart,
} from '../../../examples/quick-start/contract.js'

export declare const contract: typeof quickStart
export declare const Message: typeof MessageSchema
export declare const client: ReturnType<typeof createClient<typeof quickStart>>
export declare const tidings: Tidings<typeof quickStart, unknown>
export declare const app: ReturnType<typeof express>
export declare const roomId: string
export declare const signal: AbortSignal
export declare const handlers: Handlers<typeof quickStart, undefined>
