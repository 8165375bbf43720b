import { TidingsError } from '@tidings/core'
import { encodeSignal, parseCursor, toProblem } from '@tidings/core/wire'
import type { ChannelImplementation } from '../bind-handlers.js'
import { Connection } from '../connections/connection.js'
import { expiryOf } from '../connections/context-expiry.js'
import { openFrame } from '../connections/open-frame.js'
import { requireAuthorized, type TopicRequest, topicOf } from '../connections/topic-access.js'
import type { ConnectionInfo } from '../hooks.js'
import type { Sink, StreamResponse, TidingsRequest } from '../http/adapter.js'
import { eventStream } from '../http/event-stream.js'
import { cursorOf, type Start, Subscription } from '../log/subscription.js'
import { type PendingRequest, revoke } from '../revocations/revocations.js'
import { admit, connectionInfo } from './admit.js'
import type { ServerContext } from './server-context.js'

/** Answers `GET /events/room?roomId=lobby`: one topic, as plain Server-Sent Events that any EventSource reads. */
export async function handleTopic(
  site: ServerContext,
  channel: ChannelImplementation,
  request: TidingsRequest,
  context: unknown,
  arrival: PendingRequest,
): Promise<StreamResponse> {
  const topic = topicOf(channel, request.query)
  const start = startOf(request)
  const info = connectionInfo(site, request, context, topic.key)
  arrival.identify({ principal: info.principal, address: info.address, topics: [topic.key] })
  // Before `authorize`, which may cost something, and counted at once: those who come meanwhile are one more.
  await admit(site, info)
  try {
    await requireAuthorized(topic, context)
    await site.topics.prepare(topic, info, cursorOf(start))
  } catch (error) {
    site.admission.release(info)
    throw error
  }
  return topicStream(site, topic, info, start, expiryOf(context), arrival)
}

// A function of its own, so that an open connection does not keep the request it came with.
function topicStream(
  site: ServerContext,
  ref: TopicRequest,
  info: ConnectionInfo,
  start: Start,
  expiresAt: number,
  arrival: PendingRequest,
): StreamResponse {
  const begin = (connection: Connection) => {
    // A hook that was told of it may have ended it.
    if (connection.isOver) return
    try {
      const topic = site.topics.getOrCreate(ref, info)
      connection.add(new Subscription(topic, connection, start, openFrame(site.options)))
      connection.flush()
    } catch (error) {
      // There was room for it when it was prepared.
      const problem = toProblem(site.publicError(error, ref.key))
      connection.end('failed', encodeSignal('$error', problem))
    }
  }
  const open = (sink: Sink) => {
    const revoked = arrival.finish()
    const connection = new Connection(site, sink, info, expiresAt)
    const lastWords = site.shutdownFrame()
    if (lastWords) {
      // It was on its way in when the server began to close.
      connection.end('closed', lastWords)
    } else if (revoked) {
      revoke(connection, revoked)
    } else {
      begin(connection)
    }
    return connection
  }
  return eventStream(open, () => {
    arrival.finish()
    site.admission.release(info)
  })
}

/**
 * Where the client was: the `Last-Event-ID` header, which an EventSource sends when it reconnects by itself, or else
 * the `lastEventId` parameter, for those who cannot set the header. The header is the newer of the two.
 *
 * @throws TidingsError `bad_request` for a parameter given twice
 */
export function startOf(request: TidingsRequest): Start {
  if (request.query.getAll('lastEventId').length > 1) {
    const message = 'The query parameter "lastEventId" is repeated. Send it once'
    throw new TidingsError({ code: 'bad_request', message })
  }
  const lastEventId = request.headers.get('last-event-id') || request.query.get('lastEventId')
  if (!lastEventId) return { kind: 'head' }
  return { kind: 'resume', cursor: parseCursor(lastEventId) }
}
