import type { ChannelImplementation } from '../bind-handlers.js'
import { requireAuthorized, topicOf } from '../connections/topic-access.js'
import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import { eventStreamHeaders } from '../http/event-stream.js'
import { authenticate } from './authenticate.js'
import type { ServerContext } from './server-context.js'
import { positionOf } from './topic.js'

/** Handles `HEAD` where `GET` opens a stream: responds as `GET` would, without the stream. */
export async function handleHead(
  server: ServerContext,
  request: TidingsRequest,
  channel?: ChannelImplementation,
): Promise<CompleteResponse> {
  const context = await authenticate(server, request)
  if (channel) {
    positionOf(request)
    await requireAuthorized(topicOf(channel, request.query), context, request)
  }
  return { kind: 'complete', status: 200, headers: eventStreamHeaders, body: '' }
}
