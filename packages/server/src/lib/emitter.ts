import { TidingsError } from '@tidings/core'
import { type CompiledChannel, type CompiledGroup, encodeEventBody, topicKey } from '@tidings/core/wire'
import { keyTooLong } from './topic-key.js'

/** Where an encoded event goes: the key of its topic, its name, and its frame without an id. */
export type Publish = (key: string, event: string, body: string) => Promise<void>

/** An `emit` without its types: channels by name, and groups of them. */
export interface UntypedEmit {
  readonly [name: string]: UntypedEmit | ((params?: unknown) => UntypedTopicEmitter)
}

export type UntypedTopicEmitter = Readonly<Record<string, (payload: unknown) => Promise<void>>>

/**
 * Builds the `emit` of a contract.
 *
 * @param maxKeyBytes how long the key of a topic may be
 */
export function createEmit(group: CompiledGroup, publish: Publish, maxKeyBytes: number): UntypedEmit {
  const emit: Record<string, UntypedEmit[string]> = {}
  for (const [name, member] of group.members) {
    if (member.kind === 'channel') emit[name] = channelEmitter(member, publish, maxKeyBytes)
    else if (member.kind === 'group') emit[name] = createEmit(member, publish, maxKeyBytes)
  }
  return emit
}

function channelEmitter(channel: CompiledChannel, publish: Publish, maxKeyBytes: number) {
  // The last one is kept: who emits a hundred events mostly emits them to one topic.
  let last: { readonly query: string; readonly emitter: UntypedTopicEmitter } | undefined
  return (params: unknown = {}) => {
    const query = channel.topics.encode(params)
    if (last?.query !== query) {
      // No client can subscribe to it, on any server that has the same limit.
      const problem = keyTooLong(topicKey(channel.path, query), channel.path, maxKeyBytes)
      if (problem) throw new TidingsError({ code: 'invalid_output', message: problem })
      last = { query, emitter: topicEmitter(channel, query, publish) }
    }
    return last.emitter
  }
}

/** The methods that emit to one topic of a channel, which is named by a query string. */
export function topicEmitter(channel: CompiledChannel, query: string, publish: Publish): UntypedTopicEmitter {
  const key = topicKey(channel.path, query)
  const emitter: Record<string, (value: unknown) => Promise<void>> = {}
  for (const [event, payload] of channel.events) {
    const what = `${channel.path}.${event}`
    // Not an async function: a payload that does not fit throws at the emitter, awaited or not.
    emitter[event] = (value) => publish(key, event, encodeEventBody(event, payload.encode(value, what)))
  }
  return emitter
}
