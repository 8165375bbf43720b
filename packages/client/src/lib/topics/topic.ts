import type { TidingsError } from '@tidings/core'
import { type CompiledChannel, topicKey } from '@tidings/core/wire'
import { type Subscription, unsubscriber } from '../disposable.js'
import { runReporting } from '../reporting.js'
import type { Failure, SignalOptions } from '../types/client.js'
import { type FoldableTopic, FoldedTopic, type FoldOptions, type Reducer } from './folded-topic.js'
import { Readiness } from './readiness.js'
import type { Gap, Received, Subscriber } from './subscriber.js'
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
    const subscriber = new CallbackSubscriber(this.#topic, handlers, readiness)
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
}

/** Calls the handlers of a subscription. */
class CallbackSubscriber implements Subscriber {
  readonly wantsSnapshot: boolean
  readonly #topic: FoldableTopic
  readonly #handlers: ReadonlyMap<string, Handlers[string]>
  readonly #readiness: Readiness

  constructor(topic: FoldableTopic, handlers: Handlers, readiness: Readiness) {
    this.#topic = topic
    this.#handlers = new Map(Object.entries(handlers))
    this.#readiness = readiness
    this.wantsSnapshot = this.#handlers.get('snapshot') !== undefined
  }

  onEvent({ name, value }: Received): void {
    this.#call(name, value)
  }

  onSnapshot(value: unknown): void {
    this.#call('snapshot', value)
  }

  onGap(gap: Gap): void {
    this.#call('gap', gap)
  }

  onLive(): void {
    this.#readiness.live()
  }

  onDelayed(problem: TidingsError): boolean {
    return this.#call('error', problem, { isFinal: false })
  }

  onEnded(problem?: TidingsError): void {
    this.#readiness.ended(problem)
    if (problem && !this.#call('error', problem, { isFinal: true })) this.#topic.report(problem)
  }

  /** Returns whether there is a handler. */
  #call(name: string, payload: unknown, about?: Failure): boolean {
    const handler = this.#handlers.get(name)
    if (handler) this.#topic.run(name, () => handler(payload as never, about as never))
    return handler !== undefined
  }
}
