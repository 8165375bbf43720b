import { type ChannelMessage, http } from './async-api-messages.js'
import type { JsonSchema } from './document.js'
import type { ProcedureText } from './procedure-text.js'

/** A channel of an AsyncAPI document, with the operations on it. */
export interface AsyncApiChannel {
  readonly id: string
  readonly channel: JsonSchema
  readonly operations: Readonly<Record<string, JsonSchema>>
}

/** What an operation consists of, seen from the server. */
export interface OperationParts {
  /** `send` where a client reads what the server sends, `receive` where the server takes what a client sends. */
  readonly action: 'send' | 'receive'
  readonly text: ProcedureText
  readonly messages: readonly ChannelMessage[]
  /** The messages of which the server replies with one or, for a stream, with many. */
  readonly replies?: readonly ChannelMessage[]
  /** The schema of the query string. */
  readonly query?: JsonSchema
}

/** Describes what is at one path below the mount. */
export function channelAt(
  address: string,
  id: string,
  text: ProcedureText,
  operations: Readonly<Record<string, OperationParts>>,
): AsyncApiChannel {
  const all = Object.values(operations).flatMap(({ messages, replies = [] }) => [...messages, ...replies])
  return {
    id,
    channel: {
      address: `/${address}`,
      title: address === '' ? 'Shared connection' : address,
      summary: text.summary,
      ...(text.description !== undefined && { description: text.description }),
      messages: Object.fromEntries(all.map(({ key, reference }) => [key, reference])),
    },
    operations: Object.fromEntries(
      Object.entries(operations).map(([name, parts]) => [name, operationOf(id, parts)]),
    ),
  }
}

function operationOf(
  channelId: string,
  { action, text, messages, replies, query }: OperationParts,
): JsonSchema {
  const { summary, description, isDeprecated, group } = text
  // An operation of AsyncAPI has no field for a deprecation.
  const tags = [...(group === undefined ? [] : [group]), ...(isDeprecated ? ['deprecated'] : [])]
  const channel = { $ref: `#/channels/${channelId}` }
  const inChannel = ({ key }: ChannelMessage) => ({ $ref: `#/channels/${channelId}/messages/${key}` })
  return {
    action,
    channel,
    summary,
    ...(description !== undefined && { description }),
    ...(tags.length > 0 && { tags: tags.map((name) => ({ name })) }),
    messages: messages.map(inChannel),
    ...(replies && { reply: { channel, messages: replies.map(inChannel) } }),
    bindings: http({ method: action === 'send' ? 'GET' : 'POST', ...(query && { query }) }),
  }
}
