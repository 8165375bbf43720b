import { type CompiledChannel, type CompiledGroup, encodeEventBody } from '@tidings/core/wire'

/** Where an encoded event goes: its channel, the query string that names its topic, and its frame without an id. */
export type Publish = (channel: CompiledChannel, query: string, body: string) => Promise<void>

/** An `emit` without its types: channels by name, and groups of them. */
export interface UntypedEmit {
  readonly [name: string]: UntypedEmit | ((params?: unknown) => UntypedTopicEmitter)
}

type UntypedTopicEmitter = Readonly<Record<string, (payload: unknown) => Promise<void>>>

/** Builds the `emit` of a contract. */
export function createEmit(group: CompiledGroup, publish: Publish): UntypedEmit {
  const emit: Record<string, UntypedEmit[string]> = {}
  for (const [name, member] of group.members) {
    if (member.kind === 'channel') emit[name] = channelEmitter(member, publish)
    else if (member.kind === 'group') emit[name] = createEmit(member, publish)
  }
  return emit
}

function channelEmitter(channel: CompiledChannel, publish: Publish) {
  const events = [...channel.events].map(([name, payload]) => ({
    name,
    payload,
    what: `${channel.path}.${name}`,
  }))
  return (params: unknown = {}): UntypedTopicEmitter => {
    const query = channel.topics.encode(params)
    const emitter: Record<string, (value: unknown) => Promise<void>> = {}
    for (const { name, payload, what } of events) {
      // Not an async function: a payload that does not fit throws at the emitter, awaited or not.
      emitter[name] = (value) => publish(channel, query, encodeEventBody(name, payload.encode(value, what)))
    }
    return emitter
  }
}
