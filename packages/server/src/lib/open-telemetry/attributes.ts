import type { Attributes } from '@opentelemetry/api'
import { parseTopicKey } from '@tidings/core/wire'

/** The version of the semantic conventions that the names of attributes are from. */
export const schemaUrl = 'https://opentelemetry.io/schemas/1.45.0'

/** The name of this system in `rpc.system.name` and `messaging.system.name`. */
const system = 'tidings'

/** An operation on a topic. */
export type Operation = 'emit' | 'deliver' | 'subscribe'

/** The types of operations in the conventions. Subscribing has none. */
const typeOf: Readonly<Partial<Record<Operation, string>>> = { emit: 'send', deliver: 'process' }

/** Returns the path of a topic's channel, which names its spans: a key has params, of which there are any number. */
export function channelOf(topicKey: string): string {
  return parseTopicKey(topicKey).path
}

/** Returns the attributes of an operation on a topic. */
export function messagingAttributes(operation: Operation, topicKey: string): Attributes {
  return {
    'messaging.system.name': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': typeOf[operation],
    'messaging.destination.name': topicKey,
    'messaging.destination.template': channelOf(topicKey),
  }
}

/** Returns the attributes of a call of a command or stream. */
export function rpcAttributes(path: string): Attributes {
  return { 'rpc.system.name': system, 'rpc.method': path }
}
