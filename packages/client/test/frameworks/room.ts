import { createClient, type TopicEventOf } from '@tidings/client'
import type { SnapshotOf } from '@tidings/core'
import { contract } from './contract.js'

export const client = createClient(contract, { url: '/events' })

type Room = SnapshotOf<typeof contract.room>

export function withMessage(room: Room, { type, data }: TopicEventOf<typeof contract.room>): Room {
  if (type !== 'message') return room
  const others = room.messages.filter(({ id }) => id !== data.id) // the snapshot may have it
  return { messages: [...others, data] }
}
