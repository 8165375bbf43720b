import { TidingsError } from '@tidings/core'
import { encodeEventBody, type OpenSignal, parseCursor, signal, topicKey } from '@tidings/core/wire'
import type { BoundChannel } from './binding.js'
import { Connection } from './connection.js'
import { eventStream } from './event-stream.js'
import type { ConnectionInfo } from './hooks.js'
import type { Sink, StreamAnswer, TidingsRequest } from './http.js'
import { jittered } from './jitter.js'
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
  const query = topics.encode(params)
  const info: ConnectionInfo = {
    topic: topicKey(path, query),
    address: request.address,
    principal: site.options.principal(context),
  }
  // Before `authorize`, which may cost something, and counted at once: those who come meanwhile are one more.
  admit(site, info)
  try {
    if ((await channel.authorize({ params, context })) !== true) {
      const message = `You may not subscribe to this topic of "${path}"`
      throw new TidingsError({ code: 'forbidden', message })
    }
  } catch (error) {
    site.admission.release(info)
    throw error
  }
  return topicStream(site, channel, info, query, startOf(request))
}

// A function of its own, so that an open connection does not keep the request it came with.
function topicStream(
  site: Site,
  channel: BoundChannel,
  info: ConnectionInfo,
  query: string,
  start: Start,
): StreamAnswer {
  const open = (sink: Sink) => {
    const connection = new Connection(site, sink, info)
    const lastWords = site.lastWords()
    if (lastWords) {
      // It was on its way in when the server began to close.
      connection.end('closed', lastWords)
    } else {
      const topic = site.hub.topic(info.topic, query, channel.settings)
      connection.add(new Subscription(topic, connection, start, openingOf(site)))
      connection.flush()
    }
    return connection
  }
  return eventStream(open, () => site.admission.release(info))
}

/** @throws TidingsError `unavailable` or `too_many_requests` */
function admit({ admission, tally, hooks }: Site, info: ConnectionInfo): void {
  const limit = admission.admit(info)
  if (!limit) return
  tally.refused += 1
  hooks.refused?.({ ...info, limit })
  throw admission.refusal(limit)
}

/** How a connection begins: `retry` is how long an EventSource waits before it reconnects by itself. */
function openingOf({ options }: Site): string {
  const open: OpenSignal = { heartbeatMs: options.heartbeatMs }
  return `retry: ${Math.round(jittered(options.retryMs))}\n${encodeEventBody(signal.open, open)}`
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
