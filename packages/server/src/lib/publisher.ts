import { TidingsError } from '@tidings/core'
import type { BusLog } from './bus/bus.js'
import type { DuplicateServerCheck } from './duplicate-server-check.js'
import type { Publish } from './emitter.js'
import type { Counters } from './http/counters.js'
import { rejected } from './ignorable.js'
import type { TopicRegistry } from './log/topic-registry.js'
import type { ErrorPlace } from './options.js'
import type { ServerLife } from './server-life.js'

export interface PublisherDeps {
  readonly bus: BusLog | undefined
  readonly topics: TopicRegistry
  readonly counters: Counters
  readonly duplicates: DuplicateServerCheck | undefined
  readonly life: ServerLife
  onError(error: unknown, at: ErrorPlace): void
}

const published = Promise.resolve()

/** Creates the function that publishes a server's events: to the bus, or to its own topics without one. */
export function createPublish({ bus, topics, counters, duplicates, life, onError }: PublisherDeps): Publish {
  return (topic, event, body) => {
    if (life.isClosed) {
      const message = 'The server is closed and can no longer emit'
      return rejected(new TidingsError({ code: 'closed', message }))
    }
    counters.emits += 1
    if (bus) {
      const appended = bus.append(topic.key, body, topic.channel.history)
      // Also makes the promise safe to ignore.
      appended.catch((error) => onError(error, { place: topic.key }))
      return appended
    }
    topics.publish(topic, event, body)
    duplicates?.checkEmit(topic.key)
    return published
  }
}
