import type { ChannelImplementation } from '../bind-handlers.js'
import { requireAuthorized, topicOf } from '../connections/topic-access.js'
import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import { eventStreamHeaders } from '../http/event-stream.js'
import { authenticate } from './authenticate.js'
import type { ServerContext } from './server-context.js'
import { startOf } from './topic.js'

/** Answers `HEAD` where `GET` opens a stream: as that would be answered, without opening one. */
export async function handleHead(
  site: ServerContext,
  request: TidingsRequest,
  channel?: ChannelImplementation,
): Promise<CompleteResponse> {
  const context = await authenticate(site, request)
  if (channel) {
    startOf(request)
    await requireAuthorized(topicOf(channel, request.query), context)
  }
  return { kind: 'complete', status: 200, headers: eventStreamHeaders, body: '' }
}
