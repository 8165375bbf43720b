import { TidingsError } from '@tidings/core'
import { type CompiledChannel, topicKey } from '@tidings/core/wire'
import { type Unsubscribe, unsubscriber } from './disposable.js'
import { Loop, type LoopItem } from './loop.js'
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
  readonly #wires: Wires
  readonly #channel: CompiledChannel
  readonly #query: string
  readonly #key: string

  constructor(wires: Wires, channel: CompiledChannel, params: unknown) {
    this.#wires = wires
    this.#channel = channel
    this.#query = channel.topics.encode(params, 'invalid_input')
    this.#key = topicKey(channel.path, this.#query)
  }

  subscribe(handlers: Handlers, { signal }: SignalOptions = {}): Unsubscribe {
    const subscriber = this.#subscriber(handlers)
    if (!signal?.aborted) this.#wires.attach(this.#channel, this.#key, this.#query, subscriber)
    return unsubscriber(() => this.#wires.detach(this.#key, subscriber), signal)
  }

  on(event: string, handler: (payload: never) => void, options?: SignalOptions): Unsubscribe {
    return this.subscribe({ [event]: handler }, options)
  }

  events({ signal }: SignalOptions = {}): Loop {
    return new Loop(
      {
        attach: (loop) => this.#wires.attach(this.#channel, this.#key, this.#query, loop),
        detach: (loop) => this.#wires.detach(this.#key, loop),
        rejoin: (loop) => this.#wires.rejoin(this.#key, loop),
      },
      signal,
    )
  }

  [Symbol.asyncIterator](): Loop {
    return this.events()
  }

  #subscriber(handlers: Handlers): Subscriber {
    const wires = this.#wires
    const place = { channel: this.#channel.path, topic: this.#query }
    const own = new Map(Object.entries(handlers))
    const call = (name: string, payload: unknown) => {
      const report = (thrown: unknown) => reportThrown(wires, thrown, { ...place, event: name })
      try {
        const result: unknown = own.get(name)?.(payload as never)
        // An async function is a handler too; what it rejects with is what it throws.
        if (result instanceof Promise) result.catch(report)
      } catch (thrown) {
        report(thrown)
      }
    }
    return {
      wantsSnapshot: own.get('snapshot') !== undefined,
      event: ({ name, value }) => call(name, value),
      snapshot: (state) => call('snapshot', state),
      gap: (gap) => call('gap', gap),
      ended: (problem) => {
        if (!problem) return
        if (own.get('error')) call('error', problem)
        else wires.report(problem, place)
      },
    }
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
