import type { BoundChannel } from '../binding.js'
import type { CompleteAnswer, TidingsRequest } from '../http/http.js'
import type { Site } from '../site.js'
import { contextOf } from './context-of.js'
import { eventStreamHeaders } from './event-stream.js'
import { requireAuthorized, topicOf } from './topic-access.js'
import { startOf } from './topic-request.js'

/** Answers `HEAD` where `GET` opens a stream: as that would be answered, without opening one. */
export async function answerHead(
  site: Site,
  request: TidingsRequest,
  channel?: BoundChannel,
): Promise<CompleteAnswer> {
  const context = await contextOf(site, request)
  if (channel) {
    startOf(request)
    await requireAuthorized(topicOf(channel, request.query), context)
  }
  return { kind: 'complete', status: 200, headers: eventStreamHeaders, body: '' }
}
