import { TidingsError } from '@tidings/core'
import { encodeSignal, parseCursor, toProblem } from '@tidings/core/wire'
import { Connection } from '../connections/connection.js'
import { type ConnectionIdentity, connectionInfo } from '../connections/connection-identity.js'
import { expiryOf } from '../connections/context-expiry.js'
import { openFrame } from '../connections/open-frame.js'
import { requireAuthorized, type TopicRequest } from '../connections/topic-access.js'
import type { Sink, StreamResponse, TidingsRequest, TidingsResponse } from '../http/adapter.js'
import { eventStream } from '../http/event-stream.js'
import { jsonResponse } from '../http/responses.js'
import { cursorOf, requireGapless, type Start } from '../log/start.js'
import { Subscription } from '../log/subscription.js'
import { type PendingRequest, revoke } from '../revocations/revocations.js'
import { admitAndPrepare, identityOf } from './admit.js'
import type { ServerContext } from './server-context.js'

/**
 * Handles `GET /events/room?roomId=lobby` and `GET /events/complete?$run=<id>`: opens a connection of a
 * single topic or run, which any EventSource reads. Responds 204 to a reader at the end of a run, so that an
 * EventSource does not reconnect for ever:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#server-sent-events-intro
 */
export async function handleTopic(
  server: ServerContext,
  topic: TopicRequest,
  request: TidingsRequest,
  context: unknown,
  pending: PendingRequest,
): Promise<TidingsResponse> {
  const { isGapless } = topic.channel
  const start = positionOf(request, isGapless ? 'beginning' : 'head')
  const identity = identityOf(server, request, context, topic.key)
  pending.identify(connectionInfo(identity, {}))
  const { tracing } = server.options
  let isRead = false
  const prepare = async () => {
    await requireAuthorized(topic, context, request)
    await topic.logs.prepare(topic, identity, cursorOf(start))
    if (!isGapless) return
    const prepared = topic.logs.getOrCreate(topic, identity)
    requireGapless(prepared, start)
    isRead = prepared.log.hasEnded && cursorOf(start)?.seq === prepared.log.head
  }
  // Admitted before `authorize`, which may be expensive.
  await admitAndPrepare(server, identity, () => (tracing ? tracing.subscribe(topic.key, prepare) : prepare()))
  if (!isRead) return topicStream(server, topic, identity, start, expiryOf(context), pending)
  server.admission.release(identity)
  return jsonResponse(undefined)
}

/** Opens the connection. A function of its own, so that an open connection does not retain its request. */
export function topicStream(
  server: ServerContext,
  ref: TopicRequest,
  identity: ConnectionIdentity,
  start: Start,
  expiresAt: number,
  pending: PendingRequest,
  runId?: string,
): StreamResponse {
  const begin = (connection: Connection) => {
    // The `connected` hook may have ended it.
    if (connection.isOver) return
    try {
      const topic = ref.logs.getOrCreate(ref, identity)
      requireGapless(topic, start)
      const open = openFrame(server.options, runId === undefined ? undefined : { run: runId })
      connection.add(new Subscription(topic, connection, start, open))
      connection.flush()
    } catch (error) {
      // A limit was reached after the topic was prepared.
      const problem = toProblem(server.publicError(error, ref.key))
      connection.end('failed', encodeSignal('$error', problem))
    }
  }
  const open = (sink: Sink) => {
    const revoked = pending.finish()
    const connection = new Connection(server, sink, identity, expiresAt)
    const shutdownFrame = server.shutdownFrame()
    if (shutdownFrame) {
      // The server began to close while the request was pending.
      connection.end('closed', shutdownFrame)
    } else if (revoked) {
      revoke(connection, revoked)
    } else {
      begin(connection)
    }
    return connection
  }
  return eventStream(open, () => {
    pending.finish()
    server.admission.release(identity)
  })
}

/**
 * Returns where a client resumes: after the `Last-Event-ID` header, which an EventSource sends when it reconnects by
 * itself, or else after the `lastEventId` parameter. The header is the newer of the two. See decision 004.
 *
 * @throws TidingsError `bad_request` for a repeated parameter
 */
export function positionOf(request: TidingsRequest, byDefault: 'head' | 'beginning'): Start {
  if (request.query.getAll('lastEventId').length > 1) {
    const message = 'The query parameter "lastEventId" is repeated. Send it once'
    throw new TidingsError({ code: 'bad_request', message })
  }
  const lastEventId = request.headers.get('last-event-id') || request.query.get('lastEventId')
  if (!lastEventId) return { kind: byDefault }
  return { kind: 'resume', cursor: parseCursor(lastEventId) }
}
