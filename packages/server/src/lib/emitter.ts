import { isTidingsError, TidingsError } from '@tidings/core'
import { type CompiledChannel, type CompiledGroup, encodeEventBody, topicKey } from '@tidings/core/wire'
import { rejected } from './ignorable.js'
import type { ChannelSettings, TopicRef } from './log/topic-ref.js'
import type { ErrorPlace } from './options.js'
import { keyTooLong } from './topic-key.js'

/** Publishes an encoded event: its topic, its name, and its frame without an id. */
export type Publish = (topic: TopicRef, event: string, body: string) => Promise<void>

/** An `emit` without its types: channels and groups by name. */
export interface UntypedEmit {
  readonly [name: string]: UntypedEmit | ((params?: unknown) => UntypedTopicEmitter)
}

export type UntypedTopicEmitter = Readonly<Record<string, (payload: unknown) => Promise<void>>>

export interface EmitDeps {
  readonly publish: Publish
  /** Returns what a channel brings to its topics. */
  settingsOf(channel: CompiledChannel): ChannelSettings
  /** The maximum length of a topic's key. */
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

function channelEmitter(channel: CompiledChannel, deps: EmitDeps) {
  const { publish, maxKeyBytes, onError } = deps
  const settings = deps.settingsOf(channel)
  // Consecutive emits usually target the same topic, so the last one is kept.
  let last: { readonly query: string; readonly emitter: UntypedTopicEmitter } | undefined
  return (params: unknown = {}) => {
    try {
      const query = channel.topics.encode(params)
      if (last?.query !== query) {
        const topic = new EmittedTopic(channel, query, settings)
        const problem = keyTooLong(topic.key, channel.path, maxKeyBytes)
        if (problem) throw new TidingsError({ code: 'bad_request', message: problem })
        last = { query, emitter: topicEmitter(channel, topic, publish) }
      }
      return last.emitter
    } catch (error) {
      if (!isTidingsError(error) || error.code !== 'bad_request') throw error
      // The params fit the schema, and no client can subscribe to the topic that they name.
      return topicEmitter(channel, new EmittedTopic(channel, '', settings), () => {
        onError(error, { place: channel.path })
        return rejected(error)
      })
    }
  }
}

/**
 * A topic that is emitted to. Only an emit that creates the topic's log needs its params, and decodes them.
 */
class EmittedTopic implements TopicRef {
  readonly key: string
  readonly channel: ChannelSettings
  readonly #topics: CompiledChannel['topics']
  readonly #query: string
  #params: unknown

  constructor({ path, topics }: CompiledChannel, query: string, channel: ChannelSettings) {
    this.key = topicKey(path, query)
    this.channel = channel
    this.#topics = topics
    this.#query = query
  }

  get params(): unknown {
    this.#params ??= this.#topics.decode(new URLSearchParams(this.#query))
    return this.#params
  }
}

/** Returns the methods that emit to one topic of a channel. */
export function topicEmitter(
  channel: CompiledChannel,
  topic: TopicRef,
  publish: Publish,
): UntypedTopicEmitter {
  const emitter: Record<string, (value: unknown) => Promise<void>> = {}
  for (const [event, payload] of channel.events) {
    const what = `${channel.path}.${event}`
    // Not an async function: a payload that does not fit throws at the emitter, awaited or not.
    emitter[event] = (value) => publish(topic, event, encodeEventBody(event, payload.encode(value, what)))
  }
  return emitter
}
