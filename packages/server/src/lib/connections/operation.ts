import { type Cursor, parseCursor, type SubscriptionOperation } from '@tidings/core/wire'
import type { Start } from '../log/start.js'
import type { Topic } from '../log/topic.js'
import type { TopicRequest } from './topic-access.js'

/** Returns the topic of an operation, as its client wrote it. */
export function nameIn(operation: SubscriptionOperation): string {
  if ('subscribe' in operation) return operation.subscribe
  if ('pause' in operation) return operation.pause
  return 'snapshot' in operation ? operation.snapshot : operation.unsubscribe
}

/** Returns where a subscription begins. A run is read from its beginning, and a topic from now on. */
export function startOf({ channel }: TopicRequest, cursor: string | undefined): Start {
  if (cursor !== undefined) return { kind: 'resume', cursor: parseCursor(cursor) }
  return { kind: channel.isGapless ? 'beginning' : 'head' }
}

/** Returns the position from which a topic continues; undefined if its snapshot comes with it. */
export function headOf({ log, hasSnapshot }: Topic): Cursor | undefined {
  return hasSnapshot ? undefined : log.cursorAt(log.head)
}
