import { TidingsError } from '@tidings/core'
import { type Cursor, parseRunKey, parseTopicKey, topicKey } from '@tidings/core/wire'
import type { ChannelImplementation, Implementation, StreamImplementation } from '../bind-handlers.js'
import { runWithDeadline } from '../deadline.js'
import { requireShallow } from '../http/nesting.js'
import type { Topic } from '../log/topic.js'
import type { TopicHolder } from '../log/topic-limits.js'
import type { TopicRef } from '../log/topic-ref.js'
import type { Caller, RunBehind } from '../middleware/compose.js'
import { keyTooLong } from '../topic-key.js'

/** The number of characters of an unknown name that an error repeats. */
const repeatedLength = 100

/** Milliseconds an `authorize` handler may take. */
const authorizeMs = 10_000

/** The logs that clients subscribe to: of topics, or of runs. */
export interface Logs {
  /**
   * Prepares a log for a subscriber, and brings it back to a cursor as far as its events are kept.
   *
   * @throws TidingsError `unavailable` if the bus cannot be read; as {@link getOrCreate} does
   */
  prepare(ref: TopicRef, holder: TopicHolder, cursor?: Cursor): Promise<void>
  /**
   * Returns the topic of a log that was prepared.
   *
   * @throws TidingsError if there is no room for it, or it does not exist
   */
  getOrCreate(ref: TopicRef, holder: TopicHolder): Topic
}

/** A topic or run that a client requests. */
export interface TopicRequest extends TopicRef {
  readonly channel: TopicRef['channel'] & TopicRules
  readonly logs: Logs
}

/** Who may subscribe to a topic. */
export interface TopicRules {
  readonly compiled: { readonly path: string }
  authorize(request: { params: unknown; context: unknown }): unknown
  readonly runBehind: RunBehind | undefined
}

/** What clients may subscribe to. */
export interface TopicSources {
  readonly procedures: ReadonlyMap<string, Implementation>
  readonly topics: Logs
  /** Returns the request for a run of a stream. */
  runRequest(stream: StreamImplementation, id: string): TopicRequest
}

/**
 * Returns the topic of a channel that a query string names.
 *
 * @throws TidingsError `invalid_input` for params that do not fit, `bad_request` for a key that is too long
 */
export function topicOf(channel: ChannelImplementation, given: URLSearchParams, logs: Logs): TopicRequest {
  const { topics, path } = channel.compiled
  const params = topics.decode(given)
  requireShallow(params, `The params of "${path}"`)
  const key = topicKey(path, topics.encode(params))
  requireShort(key, channel)
  return { key, params, channel, logs }
}

/**
 * Returns a topic by its key: `room?roomId=lobby`, or `complete?$run=…` for a run.
 *
 * @throws TidingsError `not_found`, and as {@link topicOf} does
 */
export function topicByKey(sources: TopicSources, key: string): TopicRequest {
  const { path, query } = parseTopicKey(key)
  const procedure = sources.procedures.get(path)
  if (procedure?.kind === 'stream') {
    const run = parseRunKey(key)
    if (run) return sources.runRequest(procedure, run.id)
  }
  if (procedure?.kind !== 'channel') {
    const message = `The contract has no channel "${path.slice(0, repeatedLength)}"`
    throw new TidingsError({ code: 'not_found', message })
  }
  // Before the key is decoded, which costs more the longer it is.
  requireShort(key, procedure)
  return topicOf(procedure, new URLSearchParams(query), sources.topics)
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
  // Middleware has let a run pass when it was started. To read it is no further call.
  const isKnown = isRenewal || channel.isGapless === true
  await runWithDeadline(authorizeMs, `authorize of "${path}"`, async (signal) =>
    channel.runBehind
      ? channel.runBehind({ context, params, signal, isRenewal: isKnown }, caller, authorize)
      : authorize(context),
  )
}
