import { createClient, type TopicEventOf } from '@tidings/client'
import type { SnapshotOf } from '@tidings/core'
import { contract } from './contract.js'

export const client = createClient(contract, { url: '/events' })

type Room = SnapshotOf<typeof contract.room>

export const withMessage = (room: Room, event: TopicEventOf<typeof contract.room>): Room =>
  event.type === 'message' ? { messages: [...room.messages, event.data] } : room
