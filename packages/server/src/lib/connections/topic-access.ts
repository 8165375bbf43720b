import { TidingsError } from '@tidings/core'
import { parseTopicKey, topicKey } from '@tidings/core/wire'
import type { ChannelImplementation, Implementation } from '../bind-handlers.js'
import { runWithDeadline } from '../deadline.js'
import { requireShallow } from '../http/nesting.js'
import type { TopicRef } from '../log/topic-ref.js'
import type { Caller } from '../middleware/compose.js'
import { keyTooLong } from '../topic-key.js'

/** The number of characters of an unknown name that an error repeats. */
const repeatedLength = 100

/** Milliseconds an `authorize` handler may take. */
const authorizeMs = 10_000

/** A topic that a client requests. */
export interface TopicRequest extends TopicRef {
  readonly channel: ChannelImplementation
}

/**
 * Returns the topic of a channel that a query string names.
 *
 * @throws TidingsError `invalid_input` for params that do not fit, `bad_request` for a key that is too long
 */
export function topicOf(channel: ChannelImplementation, given: URLSearchParams): TopicRequest {
  const { topics, path } = channel.compiled
  const params = topics.decode(given)
  requireShallow(params, `The params of "${path}"`)
  const key = topicKey(path, topics.encode(params))
  requireShort(key, channel)
  return { key, params, channel }
}

/** Returns a topic by its key: `room?roomId=lobby`. @throws TidingsError `not_found`, and as {@link topicOf} does */
export function topicByKey(procedures: ReadonlyMap<string, Implementation>, key: string): TopicRequest {
  const { path, query } = parseTopicKey(key)
  const procedure = procedures.get(path)
  if (procedure?.kind !== 'channel') {
    const message = `The contract has no channel "${path.slice(0, repeatedLength)}"`
    throw new TidingsError({ code: 'not_found', message })
  }
  // Before the key is decoded, which costs more the longer it is.
  requireShort(key, procedure)
  return topicOf(procedure, new URLSearchParams(query))
}

function requireShort(key: string, { compiled, maxKeyBytes }: ChannelImplementation): void {
  const problem = keyTooLong(key, compiled.path, maxKeyBytes)
  if (problem) throw new TidingsError({ code: 'bad_request', message: problem })
}

/**
 * Runs the middleware and the `authorize` of a topic's channel. A renewal decides again, with other credentials.
 *
 * @throws TidingsError `forbidden`, or what either throws, if the caller may not subscribe to the topic
 */
export async function requireAuthorized(
  { channel, params }: TopicRequest,
  context: unknown,
  caller: Caller,
  { isRenewal = false } = {},
): Promise<void> {
  const { path } = channel.compiled
  const authorize = async (current: unknown) => {
    if ((await channel.authorize({ params, context: current })) === true) return
    const message = `You may not subscribe to this topic of "${path}"`
    throw new TidingsError({ code: 'forbidden', message })
  }
  await runWithDeadline(authorizeMs, `authorize of "${path}"`, async (signal) =>
    channel.runBehind
      ? channel.runBehind({ context, params, signal, isRenewal }, caller, authorize)
      : authorize(context),
  )
}
