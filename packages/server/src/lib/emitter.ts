import { isTidingsError, TidingsError } from '@tidings/core'
import { type CompiledChannel, type CompiledGroup, encodeEventBody, topicKey } from '@tidings/core/wire'
import { rejected } from './ignorable.js'
import type { ErrorPlace } from './options.js'
import { keyTooLong } from './topic-key.js'

/** Where an encoded event goes: the key of its topic, its name, and its frame without an id. */
export type Publish = (key: string, event: string, body: string) => Promise<void>

/** An `emit` without its types: channels by name, and groups of them. */
export interface UntypedEmit {
  readonly [name: string]: UntypedEmit | ((params?: unknown) => UntypedTopicEmitter)
}

export type UntypedTopicEmitter = Readonly<Record<string, (payload: unknown) => Promise<void>>>

/** What the `emit` of a contract is made with. */
export interface EmitDeps {
  readonly publish: Publish
  /** The greatest length of a topic's key. */
  readonly maxKeyBytes: number
  /** Reports an event for a topic that cannot exist. */
  readonly onError: (error: unknown, at: ErrorPlace) => void
}

/** Builds the `emit` of a contract. */
export function createEmit(group: CompiledGroup, deps: EmitDeps): UntypedEmit {
  const emit: Record<string, UntypedEmit[string]> = {}
  for (const [name, member] of group.members) {
    if (member.kind === 'channel') emit[name] = channelEmitter(member, deps)
    else if (member.kind === 'group') emit[name] = createEmit(member, deps)
  }
  return emit
}

function channelEmitter(channel: CompiledChannel, { publish, maxKeyBytes, onError }: EmitDeps) {
  // The last one is kept: who emits a hundred events mostly emits them to one topic.
  let last: { readonly query: string; readonly emitter: UntypedTopicEmitter } | undefined
  return (params: unknown = {}) => {
    try {
      const query = channel.topics.encode(params)
      if (last?.query !== query) {
        const problem = keyTooLong(topicKey(channel.path, query), channel.path, maxKeyBytes)
        if (problem) throw new TidingsError({ code: 'bad_request', message: problem })
        last = { query, emitter: topicEmitter(channel, query, publish) }
      }
      return last.emitter
    } catch (error) {
      if (!isTidingsError(error) || error.code !== 'bad_request') throw error
      // The params fit the schema, and no client can subscribe to what they name.
      return topicEmitter(channel, '', () => {
        onError(error, { place: channel.path })
        return rejected(error)
      })
    }
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
