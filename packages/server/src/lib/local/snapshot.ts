import type { Seed } from '@tidings/core'
import type { ChannelImplementation } from '../bind-handlers.js'
import { requireAuthorized, topicOf } from '../connections/topic-access.js'
import { identityOf } from '../endpoints/admit.js'
import { authenticate } from '../endpoints/authenticate.js'
import type { ServerContext } from '../endpoints/server-context.js'
import { type LocalCaller, LocalRequest } from '../http/local-request.js'
import type { ReaderConnection, Topic, TopicReader } from '../log/topic.js'
import type { TopicHolder } from '../log/topic-limits.js'

/**
 * Loads the state of a topic for a page, with its position.
 *
 * @throws TidingsError if the caller may not subscribe to the topic, or there is no room for it
 */
export async function loadSeed(
  server: ServerContext,
  channel: ChannelImplementation,
  params: unknown,
  caller: LocalCaller,
): Promise<Seed<unknown>> {
  const { path, topics } = channel.compiled
  try {
    const query = new URLSearchParams(topics.encode(params, 'invalid_input'))
    const request = new LocalRequest('GET', path, query, undefined, caller)
    const context = await authenticate(server, request)
    const ref = topicOf(channel, query, server.topics)
    const holder = identityOf(server, request, context, ref.key)
    const { tracing } = server.options
    const prepare = async () => {
      await requireAuthorized(ref, context, request)
      await server.topics.prepare(ref, holder)
    }
    await (tracing ? tracing.subscribe(ref.key, prepare) : prepare())
    return await seedOf(server.topics.getOrCreate(ref, holder), channel, holder)
  } catch (error) {
    throw server.publicError(error, path)
  }
}

/**
 * Loads the state as a subscriber that leaves at once: like every client that may return, it has the topic keep its log
 * from its position on. See decisions 006 and 018.
 */
async function seedOf(
  topic: Topic,
  { compiled }: ChannelImplementation,
  holder: TopicHolder,
): Promise<Seed<unknown>> {
  const reader = new RenderingReader(holder)
  topic.owner.join(topic, reader)
  try {
    // A load that began before the newest event may lack what the caller has just emitted.
    const { cursor, state } = await topic.loadSnapshot(topic.log.head)
    const value = compiled.snapshot?.decode(state, `the snapshot of ${compiled.path}`, 'invalid_output')
    return { value, cursor }
  } finally {
    topic.owner.leave(topic, reader, 'lost')
  }
}

/** Holds a topic while its snapshot loads, and takes no events. */
class RenderingReader implements TopicReader {
  readonly holder: TopicHolder
  readonly connection: ReaderConnection = { enqueue: () => false, flush: () => {} }
  readonly position = 0
  readonly hasMore = false

  constructor(holder: TopicHolder) {
    this.holder = holder
  }

  onRestarted(): void {}

  onDropped(): void {}
}
