// What `isolatedDeclarations` asks for: each export is annotated, with types that the packages export.
import { type Client, createClient, type RunOf, type TopicEventOf, type TopicOf } from '@tidings/client'
import { createServer, type Emit, type Handlers, type Tidings } from '@tidings/server'
import { contract } from '../contract/contract.js'

export const client: Client<typeof contract> = createClient(contract, { url: '/events' })
export const room: TopicOf<typeof contract.chat.room> = client.chat.room({ roomId: 'lobby' })
export const run: RunOf<typeof contract.complete> = client.complete({ prompt: 'to be' })
export type RoomEvent = TopicEventOf<typeof contract.chat.room>

export function start(handlers: Handlers<typeof contract, unknown>): Tidings<typeof contract> {
  return createServer(contract, handlers)
}
export const emitOf = (tidings: Tidings<typeof contract>): Emit<typeof contract> => tidings.emit
