import { TidingsError } from '@tidings/core'
import { type CompiledChannel, topicKey } from '@tidings/core/wire'
import { type Unsubscribe, unsubscriber } from './disposable.js'
import { type FoldableTopic, FoldedTopic, type Reducer } from './folded-topic.js'
import { Loop, type LoopItem, type LoopTopic } from './loop.js'
import type { ErrorPlace } from './options.js'
import type { Subscriber } from './subscriber.js'
import type { WireOwner } from './topic-wire.js'
import type { SignalOptions } from './types/client.js'

/** The wires of a client, for those who subscribe. */
export interface Wires extends WireOwner {
  attach(channel: CompiledChannel, key: string, query: string, subscriber: Subscriber): void
  detach(key: string, subscriber: Subscriber): void
  rejoin(key: string, subscriber: Subscriber): void
}

type Handlers = Readonly<Record<string, ((payload: never) => unknown) | undefined>>

/** One topic, as its users hold it; the types stand in `types/client.ts`. */
export class UntypedTopic implements AsyncIterable<LoopItem> {
  readonly #topic: LoopTopic & FoldableTopic

  constructor(wires: Wires, channel: CompiledChannel, params: unknown) {
    // As the server will write it: it may fill in what a schema has by default.
    const given = channel.topics.encode(params, 'invalid_input')
    const query = channel.topics.encode(channel.topics.decode(new URLSearchParams(given)))
    const key = topicKey(channel.path, query)
    const place = { channel: channel.path, topic: query }
    this.#topic = {
      hasSnapshot: channel.snapshot !== undefined,
      attach: (subscriber) => wires.attach(channel, key, query, subscriber),
      detach: (subscriber) => wires.detach(key, subscriber),
      rejoin: (subscriber) => wires.rejoin(key, subscriber),
      run: (event, callback) => runReporting(wires, { ...place, event }, callback),
      report: (problem) => wires.report(problem, place),
    }
  }

  subscribe(handlers: Handlers, { signal }: SignalOptions = {}): Unsubscribe {
    const subscriber = this.#subscriber(handlers)
    if (!signal?.aborted) this.#topic.attach(subscriber)
    return unsubscriber(() => this.#topic.detach(subscriber), signal)
  }

  on(event: string, handler: (payload: never) => void, options?: SignalOptions): Unsubscribe {
    return this.subscribe({ [event]: handler }, options)
  }

  events({ signal }: SignalOptions = {}): Loop {
    return new Loop(this.#topic, signal)
  }

  state(reducer: Reducer, options: SignalOptions = {}): FoldedTopic {
    return new FoldedTopic(this.#topic, reducer, options)
  }

  [Symbol.asyncIterator](): Loop {
    return this.events()
  }

  #subscriber(handlers: Handlers): Subscriber {
    const topic = this.#topic
    const own = new Map(Object.entries(handlers))
    const call = (name: string, payload: unknown) => topic.run(name, () => own.get(name)?.(payload as never))
    return {
      wantsSnapshot: own.get('snapshot') !== undefined,
      event: ({ name, value }) => call(name, value),
      snapshot: (state) => call('snapshot', state),
      gap: (gap) => call('gap', gap),
      ended: (problem) => {
        if (!problem) return
        if (own.get('error')) call('error', problem)
        else topic.report(problem)
      },
    }
  }
}

/** Runs a subscriber's own code. What it throws is reported; so is what it rejects with: an async function is a handler too. */
function runReporting(owner: WireOwner, at: ErrorPlace, callback: () => unknown): void {
  const report = (thrown: unknown) => reportThrown(owner, thrown, at)
  try {
    const result = callback()
    if (result instanceof Promise) result.catch(report)
  } catch (thrown) {
    report(thrown)
  }
}

/** Reports what a subscriber's own code threw, or throws it again where the runtime reports it. */
function reportThrown(owner: WireOwner, thrown: unknown, at: ErrorPlace): void {
  if (owner.options.onError) {
    const message = `A handler of ${at.channel} threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    owner.report(new TidingsError({ code: 'internal', message, cause: thrown }), at)
    return
  }
  queueMicrotask(() => {
    throw thrown
  })
}
