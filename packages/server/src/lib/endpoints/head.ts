import { requireAuthorized, type TopicRequest } from '../connections/topic-access.js'
import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import { eventStreamHeaders } from '../http/event-stream.js'
import { authenticate } from './authenticate.js'
import type { ServerContext } from './server-context.js'
import { positionOf } from './topic.js'

/** Handles `HEAD` where `GET` opens a stream: responds as `GET` would, without the stream. */
export async function handleHead(
  server: ServerContext,
  request: TidingsRequest,
  topicOf?: () => TopicRequest,
): Promise<CompleteResponse> {
  const context = await authenticate(server, request)
  if (topicOf) {
    positionOf(request, 'head')
    await requireAuthorized(topicOf(), context, request)
  }
  return { kind: 'complete', status: 200, headers: eventStreamHeaders, body: '' }
}
