import type { TidingsError } from '@tidings/core'
import { type CompiledChannel, topicKey } from '@tidings/core/wire'
import { type Subscription, unsubscriber } from '../disposable.js'
import { runReporting } from '../reporting.js'
import type { SignalOptions } from '../types/client.js'
import { type FoldableTopic, FoldedTopic, type FoldOptions, type Reducer } from './folded-topic.js'
import { Readiness } from './readiness.js'
import type { Subscriber } from './subscriber.js'
import { type LoopItem, type LoopTopic, TopicLoop } from './topic-loop.js'
import type { TopicSubscriptionDeps } from './topic-subscription.js'

/** The topics that a client subscribes to. */
export interface Topics extends TopicSubscriptionDeps {
  attach(channel: CompiledChannel, key: string, query: string, subscriber: Subscriber): void
  detach(key: string, subscriber: Subscriber): void
  rejoin(key: string, subscriber: Subscriber): void
}

type Handlers = Readonly<Record<string, ((payload: never, about: never) => unknown) | undefined>>

/** A topic of a client. Its types are in `types/client.ts`. */
export class UntypedTopic implements AsyncIterable<LoopItem> {
  readonly key: string
  /** Tells topics of two clients apart. */
  readonly client: Topics
  readonly #topic: LoopTopic & FoldableTopic

  constructor(topics: Topics, channel: CompiledChannel, params: unknown) {
    // The server's spelling, with the schema's defaults.
    const given = channel.topics.encode(params, 'invalid_input')
    const query = channel.topics.encode(channel.topics.decode(new URLSearchParams(given)))
    const key = topicKey(channel.path, query)
    this.key = key
    this.client = topics
    const place = { channel: channel.path, topic: query }
    this.#topic = {
      hasSnapshot: channel.snapshot !== undefined,
      attach: (subscriber) => topics.attach(channel, key, query, subscriber),
      detach: (subscriber) => topics.detach(key, subscriber),
      rejoin: (subscriber) => topics.rejoin(key, subscriber),
      run: (event, callback) =>
        runReporting(topics, () => ({ what: `A handler of ${channel.path}`, ...place, event }), callback),
      report: (problem) => topics.report(problem, place),
    }
  }

  subscribe(handlers: Handlers, { signal }: SignalOptions = {}): Subscription {
    const readiness = new Readiness()
    const subscriber = this.#subscriber(handlers, readiness)
    if (!signal?.aborted) this.#topic.attach(subscriber)
    const stop = unsubscriber(() => {
      readiness.left()
      this.#topic.detach(subscriber)
    }, signal)
    return Object.assign(stop, { ready: readiness.promise })
  }

  on(event: string, handler: (payload: never) => void, options?: SignalOptions): Subscription {
    return this.subscribe({ [event]: handler }, options)
  }

  events({ signal }: SignalOptions = {}): TopicLoop {
    return new TopicLoop(this.#topic, signal)
  }

  state(reducer: Reducer, options: FoldOptions = {}): FoldedTopic {
    return new FoldedTopic(this.#topic, reducer, options)
  }

  [Symbol.asyncIterator](): TopicLoop {
    return this.events()
  }

  #subscriber(handlers: Handlers, readiness: Readiness): Subscriber {
    const topic = this.#topic
    const own = new Map(Object.entries(handlers))
    const call = (name: string, payload: unknown) => {
      const handler = own.get(name)
      if (handler) topic.run(name, () => handler(payload as never, undefined as never))
    }
    const failed = (problem: TidingsError, isFinal: boolean) => {
      const handler = own.get('error')
      if (handler) topic.run('error', () => handler(problem as never, { isFinal } as never))
      return handler !== undefined
    }
    return {
      wantsSnapshot: own.get('snapshot') !== undefined,
      onEvent: ({ name, value }) => call(name, value),
      onSnapshot: (state) => call('snapshot', state),
      onGap: (gap) => call('gap', gap),
      onLive: () => readiness.live(),
      onDelayed: (problem) => failed(problem, false),
      onEnded: (problem) => {
        readiness.ended(problem)
        if (problem && !failed(problem, true)) topic.report(problem)
      },
    }
  }
}
