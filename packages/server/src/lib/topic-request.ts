import { TidingsError } from '@tidings/core'
import { parseCursor, topicKey } from '@tidings/core/wire'
import type { BoundChannel } from './binding.js'
import { Connection } from './connection.js'
import { eventStream } from './event-stream.js'
import type { StreamAnswer, TidingsRequest } from './http.js'
import type { Site } from './site.js'
import { type Start, Subscription } from './subscription.js'

/** Answers `GET /events/room?roomId=lobby`: one topic, as plain Server-Sent Events that any EventSource reads. */
export async function answerTopic(
  site: Site,
  channel: BoundChannel,
  request: TidingsRequest,
  context: unknown,
): Promise<StreamAnswer> {
  const { topics, path } = channel.compiled
  const params = topics.decode(request.query)
  if ((await channel.authorize({ params, context })) !== true) {
    throw new TidingsError({ code: 'forbidden', message: `You may not subscribe to this topic of "${path}"` })
  }
  const query = topics.encode(params)
  const start = startOf(request)
  return eventStream((sink) => {
    const topic = site.hub.topic(topicKey(path, query), () => channel.settingsOf(query))
    const connection = new Connection(site, sink)
    connection.add(new Subscription(topic, connection, start, { heartbeatMs: site.options.heartbeatMs }))
    connection.flush()
    return connection
  })
}

/**
 * Where the client was: the `Last-Event-ID` header, which an EventSource sends when it reconnects by itself, or else
 * the `lastEventId` parameter, for those who cannot set the header. The header is the newer of the two.
 */
function startOf(request: TidingsRequest): Start {
  const lastEventId = request.headers.get('last-event-id') || request.query.get('lastEventId')
  if (!lastEventId) return { kind: 'head' }
  return { kind: 'resume', cursor: parseCursor(lastEventId) }
}
