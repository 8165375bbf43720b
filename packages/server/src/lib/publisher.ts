import { TidingsError } from '@tidings/core'
import type { BusLog } from './bus/bus.js'
import { tracedBody } from './bus/traced-body.js'
import type { DuplicateServerCheck } from './duplicate-server-check.js'
import type { Publish } from './emitter.js'
import type { Counters } from './http/counters.js'
import { rejected } from './ignorable.js'
import type { TopicRef } from './log/topic-ref.js'
import type { TopicRegistry } from './log/topic-registry.js'
import type { ErrorPlace } from './options.js'
import type { ServerLife } from './server-life.js'
import type { EventTrace, Tracing } from './tracing.js'

export interface PublisherDeps {
  readonly bus: BusLog | undefined
  readonly topics: TopicRegistry
  readonly counters: Counters
  readonly duplicates: DuplicateServerCheck | undefined
  readonly life: ServerLife
  readonly tracing: Tracing | undefined
  onError(error: unknown, at: ErrorPlace): void
}

const published = Promise.resolve()

/** Creates the function that publishes a server's events: to the bus, or to its own topics without one. */
export function createPublish(deps: PublisherDeps): Publish {
  const { bus, topics, counters, duplicates, life, tracing, onError } = deps
  const publish = (topic: TopicRef, event: string, body: string, trace?: EventTrace): Promise<void> => {
    if (life.isClosed) {
      const message = 'The server is closed and can no longer emit'
      return rejected(new TidingsError({ code: 'closed', message }))
    }
    counters.emits += 1
    if (bus) {
      const appended = bus.append(topic.key, tracedBody(body, tracing, trace), topic.channel.history)
      // Also makes the promise safe to ignore.
      appended.catch((error) => onError(error, { place: topic.key }))
      return appended
    }
    topics.publish(topic, event, body, trace)
    duplicates?.checkEmit(topic.key)
    return published
  }
  if (!tracing) return publish
  return (topic, event, body) => tracing.emit(topic.key, event, (trace) => publish(topic, event, body, trace))
}

/** Returns a function that publishes events, and passes on each. */
export function observed(
  publish: Publish,
  onPublished: (key: string, event: string, body: string) => void,
): Publish {
  return (topic, event, body) => {
    const done = publish(topic, event, body)
    onPublished(topic.key, event, body)
    return done
  }
}
