import { TidingsError } from '@tidings/core'
import { parseTopicKey, topicKey } from '@tidings/core/wire'
import type { ChannelImplementation, Implementation } from '../bind-handlers.js'
import { runWithDeadline } from '../deadline.js'
import { requireShallow } from '../http/nesting.js'
import type { TopicRef } from '../log/topic-ref.js'
import { keyTooLong } from '../topic-key.js'

/** How much of a name that means nothing is repeated. */
const repeatedLength = 100

/** How long it may take to say who may subscribe, in milliseconds. */
const authorizeMs = 10_000

/** A topic that a client requests. */
export interface TopicRequest extends TopicRef {
  readonly channel: ChannelImplementation
}

/**
 * Reads which topic of a channel a query string names.
 *
 * @throws TidingsError `bad_request`, `invalid_input` for params that the channel does not take, or that are too long
 */
export function topicOf(channel: ChannelImplementation, given: URLSearchParams): TopicRequest {
  const { topics, path } = channel.compiled
  const params = topics.decode(given)
  requireShallow(params, `The params of "${path}"`)
  const key = topicKey(path, topics.encode(params))
  requireShort(key, channel)
  return { key, params, channel }
}

/** Finds a topic by its key: `room?roomId=lobby`. @throws TidingsError `not_found`, and as {@link topicOf} does */
export function topicByKey(procedures: ReadonlyMap<string, Implementation>, key: string): TopicRequest {
  const { path, query } = parseTopicKey(key)
  const procedure = procedures.get(path)
  if (procedure?.kind !== 'channel') {
    const message = `The contract has no channel "${path.slice(0, repeatedLength)}"`
    throw new TidingsError({ code: 'not_found', message })
  }
  // Before it is read, which costs the more the longer it is.
  requireShort(key, procedure)
  return topicOf(procedure, new URLSearchParams(query))
}

function requireShort(key: string, { compiled, maxKeyBytes }: ChannelImplementation): void {
  const problem = keyTooLong(key, compiled.path, maxKeyBytes)
  if (problem) throw new TidingsError({ code: 'bad_request', message: problem })
}

/** @throws TidingsError `forbidden`, or what `authorize` throws, for who may not subscribe to a topic */
export async function requireAuthorized({ channel, params }: TopicRequest, context: unknown): Promise<void> {
  const what = `authorize of "${channel.compiled.path}"`
  const verdict = await runWithDeadline(authorizeMs, what, async () => channel.authorize({ params, context }))
  if (verdict === true) return
  const message = `You may not subscribe to this topic of "${channel.compiled.path}"`
  throw new TidingsError({ code: 'forbidden', message })
}
